#pragma once

// Debian's libxml2 is built with ICU, and its headers would bring in ICU's own, which disagree with
// the copy that Swift's Foundation carries. Only the layout of encoding handlers depends on it, and
// nobody here looks into one.
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
