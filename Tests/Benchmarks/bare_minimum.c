// The least that a rotation of a SQLite store can do, as a yardstick for octokey.
//
//   bare_minimum STORE.db OLDKEYHEX NEWKEYHEX
//
// Pages by rowid; in each document the values `base64(ciphertext)|base64(iv)`, escapes understood;
// decrypt, encrypt under a fresh IV, splice, UPDATE; one transaction, rollback journal, synchronous
// FULL, 16 MiB of cache. No survey before the first write, no second key, no read-back, no ledger, no
// journal, no report. UTF-8 stores without JSONBlob only. One line on stdout says what was done.
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t u8;
typedef u8 vector __attribute__((vector_size(16)));

enum { BLOCK = 16, PAGE_ROWS = 256, PAGE_BYTES = 1 << 20, SLACK = 64, COLUMNS = 64 };

static long documents, changed, values, unreadable;

static void die(const char *what, sqlite3 *database) {
  fprintf(stderr, "bare_minimum: %s: %s\n", what, database ? sqlite3_errmsg(database) : "");
  exit(1);
}

// ---- growing buffers

typedef struct {
  u8 *bytes;
  size_t count, capacity;
} Buffer;

// Makes room for `count` bytes, and some more for reading in vectors.
static u8 *reserve(Buffer *buffer, size_t count) {
  if (buffer->capacity < count + SLACK) {
    buffer->capacity = 2 * count + 4096;
    buffer->bytes = realloc(buffer->bytes, buffer->capacity);
    if (!buffer->bytes) die("out of memory", NULL);
  }
  return buffer->bytes;
}

static void append(Buffer *buffer, const void *bytes, size_t count) {
  reserve(buffer, buffer->count + count);
  memcpy(buffer->bytes + buffer->count, bytes, count);
  buffer->count += count;
}

// ---- base64

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static u8 worth[256];        // of a digit; 0xff for other bytes
static u8 within[256];       // may occur in a value in JSON: digits, padding, backslash
static u8 pairs[4096][2];    // two digits for twelve bits

static void prepare_base64(void) {
  memset(worth, 0xff, sizeof worth);
  for (int n = 0; n < 64; n++) worth[(u8)digits[n]] = n, within[(u8)digits[n]] = 1;
  within['='] = within['\\'] = 1;
  for (int n = 0; n < 4096; n++) pairs[n][0] = digits[n >> 6], pairs[n][1] = digits[n & 63];
}

// The number of bytes, or -1 if `text` is not complete base64.
static long decode_base64(const u8 *text, size_t count, u8 *out) {
  if (count == 0 || count % 4) return -1;
  size_t padding = text[count - 1] == '=' ? (text[count - 2] == '=' ? 2 : 1) : 0;
  size_t whole = padding ? count - 4 : count;
  u8 *start = out;
  for (size_t n = 0; n < whole; n += 4, out += 3) {
    u8 a = worth[text[n]], b = worth[text[n + 1]], c = worth[text[n + 2]], d = worth[text[n + 3]];
    if ((a | b | c | d) & 0x80) return -1;
    uint32_t bits = a << 18 | b << 12 | c << 6 | d;
    out[0] = bits >> 16, out[1] = bits >> 8, out[2] = bits;
  }
  if (padding) {
    u8 a = worth[text[whole]], b = worth[text[whole + 1]];
    u8 c = padding == 1 ? worth[text[whole + 2]] : 0;
    if ((a | b | c) & 0x80) return -1;
    *out++ = a << 2 | b >> 4;
    if (padding == 1) *out++ = b << 4 | c >> 2;
  }
  return out - start;
}

static size_t encode_base64(const u8 *bytes, size_t count, u8 *out) {
  u8 *start = out;
  size_t n = 0;
  for (; n + 3 <= count; n += 3, out += 4) {
    uint32_t bits = bytes[n] << 16 | bytes[n + 1] << 8 | bytes[n + 2];
    memcpy(out, pairs[bits >> 12], 2);
    memcpy(out + 2, pairs[bits & 4095], 2);
  }
  if (n < count) {
    uint32_t bits = bytes[n] << 16 | (n + 1 < count ? bytes[n + 1] << 8 : 0);
    memcpy(out, pairs[bits >> 12], 2);
    out[2] = n + 1 < count ? digits[bits >> 6 & 63] : '=';
    out[3] = '=';
    out += 4;
  }
  return out - start;
}

// ---- AES-CBC

// Neither context is ever reset: the chain continues from value to value. The XOR of the last block
// is removed from the next value's first block by hand, and that of the IV applied.
typedef struct {
  EVP_CIPHER_CTX *context;
  u8 last[BLOCK];
} Chain;

static Chain old_key, new_key;

static void open_chain(Chain *chain, const char *hex, int encrypts) {
  u8 key[32];
  size_t count = strlen(hex) / 2;
  if (count != 16 && count != 32) die("a key has 16 or 32 bytes", NULL);
  for (size_t n = 0; n < count; n++)
    if (sscanf(hex + 2 * n, "%2hhx", &key[n]) != 1) die("a key is hexadecimal", NULL);
  chain->context = EVP_CIPHER_CTX_new();
  const EVP_CIPHER *cipher = count == 16 ? EVP_aes_128_cbc() : EVP_aes_256_cbc();
  if (!EVP_CipherInit_ex(chain->context, cipher, NULL, key, chain->last, encrypts)) die("AES", NULL);
  EVP_CIPHER_CTX_set_padding(chain->context, 0);
}

static void exclusive_or(u8 *into, const u8 *other) {
  for (int n = 0; n < BLOCK; n++) into[n] ^= other[n];
}

static void run(Chain *chain, const u8 *in, size_t count, u8 *out) {
  int written;
  if (!EVP_CipherUpdate(chain->context, out, &written, in, count)) die("AES", NULL);
}

static void fresh_iv(u8 *iv) {
  static u8 pool[4096];
  static size_t used = sizeof pool;
  if (used == sizeof pool) {
    if (RAND_bytes(pool, sizeof pool) != 1) die("no random bytes", NULL);
    used = 0;
  }
  memcpy(iv, pool + used, BLOCK);
  used += BLOCK;
}

// Turns `cipher` (whole blocks, changed in place) and `iv` from the old key to the new one.
static int reencrypt(u8 *iv, u8 *cipher, size_t count) {
  static Buffer plain;
  reserve(&plain, count);
  exclusive_or(iv, old_key.last);
  memcpy(old_key.last, cipher + count - BLOCK, BLOCK);
  run(&old_key, cipher, count, plain.bytes);
  exclusive_or(plain.bytes, iv);
  u8 padding = plain.bytes[count - 1];
  if (padding < 1 || padding > BLOCK) return 0;
  for (size_t n = count - padding; n < count; n++)
    if (plain.bytes[n] != padding) return 0;

  fresh_iv(iv);
  exclusive_or(plain.bytes, iv);
  exclusive_or(plain.bytes, new_key.last);
  run(&new_key, plain.bytes, count, cipher);
  memcpy(new_key.last, cipher + count - BLOCK, BLOCK);
  values++;
  return 1;
}

// ---- values in JSON text

// How the writer of a document spelt `+` and `/`: unescaped, or as the escape seen here.
typedef struct {
  u8 plus[16], slash[16];
  size_t plus_count, slash_count;
} Spelling;

// Copies base64 without its JSON escapes. The number of digits, or -1 if it is not base64.
static long unescape(const u8 *text, size_t count, u8 *out, Spelling *spelling) {
  const u8 *end = text + count;
  u8 *start = out;
  while (text < end) {
    if (*text != '\\') {
      *out++ = *text++;
      continue;
    }
    const u8 *escape = text;
    while (text < end && *text == '\\') text++;  // more than one: JSON within a JSON string
    u8 meant = 0;
    if (text < end && *text == '/') {
      meant = '/', text++;
    } else if (end - text >= 5 && !memcmp(text, "u00", 3)) {
      u8 low = text[4] | 0x20;
      meant = text[3] == '2' && low == 'b' ? '+' : text[3] == '2' && low == 'f' ? '/'
            : text[3] == '3' && low == 'd' ? '=' : 0;
      text += 5;
    }
    size_t length = text - escape;
    if (!meant || length > sizeof spelling->plus) return -1;
    if (meant == '+') memcpy(spelling->plus, escape, spelling->plus_count = length);
    if (meant == '/') memcpy(spelling->slash, escape, spelling->slash_count = length);
    *out++ = meant;
  }
  return out - start;
}

static void append_base64(Buffer *out, const u8 *bytes, size_t count, const Spelling *spelling) {
  static Buffer text;
  size_t length = encode_base64(bytes, count, reserve(&text, count * 2 + 4));
  if (!spelling->plus_count && !spelling->slash_count) {
    append(out, text.bytes, length);
    return;
  }
  for (size_t n = 0; n < length; n++) {
    u8 digit = text.bytes[n];
    if (digit == '+' && spelling->plus_count) append(out, spelling->plus, spelling->plus_count);
    else if (digit == '/' && spelling->slash_count)
      append(out, spelling->slash, spelling->slash_count);
    else append(out, &digit, 1);
  }
}

// The next bar, or escape of one, from `at` on; `end` if there is none.
static const u8 *next_bar(const u8 *at, const u8 *end, size_t *length) {
  for (;; at += BLOCK) {
    if (at >= end) return end;
    vector here, next, fifth;
    memcpy(&here, at, 16), memcpy(&next, at + 1, 16), memcpy(&fifth, at + 4, 16);
    vector hit = (vector)(here == '|')
               | ((vector)(here == '\\') & (vector)(next == 'u') & (vector)(fifth == '7'));
    uint64_t halves[2];
    memcpy(halves, &hit, 16);
    if (!(halves[0] | halves[1])) continue;
    for (int n = 0; n < 16 && at + n < end; n++) {
      if (at[n] == '|') return *length = 1, at + n;
      if (at[n] == '\\' && end - at - n >= 6 && !memcmp(at + n + 1, "u007", 4)
          && (at[n + 5] | 0x20) == 'c')
        return *length = 6, at + n;
    }
  }
}

// Writes `text` with its values re-encrypted to `out`; 0 if there were none. `text` has SLACK behind.
static int rewrite(const u8 *text, size_t count, Buffer *out) {
  static Buffer digits_read, cipher;
  const u8 *end = text + count, *done = text, *from = text;
  size_t bar_length;
  out->count = 0;
  for (const u8 *bar; (bar = next_bar(from, end, &bar_length)) < end;) {
    const u8 *start = bar, *tail = bar + bar_length, *stop = tail;
    while (start > done && within[start[-1]]) start--;
    while (stop < end && within[*stop]) stop++;
    from = tail;
    if (start == done || start[-1] != '"' || stop == end || *stop != '"') continue;
    while (stop > tail && stop[-1] == '\\') stop--;  // of \" where JSON is within a JSON string

    Spelling spelling = {.plus_count = 0};
    u8 iv[32], iv_digits[160];
    if (stop - tail > 160 || stop - tail < 24) continue;
    if (unescape(tail, stop - tail, iv_digits, &spelling) != 24) continue;
    if (decode_base64(iv_digits, 24, iv) != BLOCK) continue;
    long length = unescape(start, bar - start, reserve(&digits_read, bar - start), &spelling);
    if (length < 0) continue;
    length = decode_base64(digits_read.bytes, length, reserve(&cipher, length));
    if (length < BLOCK || length % BLOCK) continue;
    if (!reencrypt(iv, cipher.bytes, length)) {
      unreadable++;
      continue;
    }
    append(out, done, start - done);
    append_base64(out, cipher.bytes, length, &spelling);
    append(out, bar, bar_length);
    append_base64(out, iv, BLOCK, &spelling);
    done = from = stop;
  }
  if (done == text) return 0;
  append(out, done, end - done);
  return 1;
}

// ---- the store

typedef struct {
  char table[128], name[128];
  int is_text;
} Column;

static void execute(sqlite3 *database, const char *sql) {
  if (sqlite3_exec(database, sql, NULL, NULL, NULL)) die(sql, database);
}

// Takes ownership of `sql`, made by sqlite3_mprintf.
static sqlite3_stmt *prepare(sqlite3 *database, char *sql) {
  sqlite3_stmt *statement;
  if (sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL))
    die(sql, database);
  sqlite3_free(sql);
  return statement;
}

static int find_columns(sqlite3 *database, Column *columns) {
  static const char sql[] =
      "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c WHERE"
      " t.type = 'table' AND lower(c.name) IN ('json', 'blob') ORDER BY t.name, c.cid";
  sqlite3_stmt *statement;
  if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL)) die(sql, database);
  int count = 0;
  for (; count < COLUMNS && sqlite3_step(statement) == SQLITE_ROW; count++) {
    Column *column = &columns[count];
    snprintf(column->table, sizeof column->table, "%s", sqlite3_column_text(statement, 0));
    snprintf(column->name, sizeof column->name, "%s", sqlite3_column_text(statement, 1));
    column->is_text = !sqlite3_stricmp(column->name, "json");
  }
  sqlite3_finalize(statement);
  return count;
}

typedef struct {
  sqlite3_int64 id;
  size_t offset, count;
} Row;

// Reads the rows after `last`; never more than a page, so that no cursor is open while we write.
static int read_page(sqlite3 *database, sqlite3_stmt *select, sqlite3_int64 last, Row *rows,
                     Buffer *bytes) {
  int count = 0, result = SQLITE_DONE;
  bytes->count = 0;
  sqlite3_bind_int64(select, 1, last);
  while (count < PAGE_ROWS && bytes->count < PAGE_BYTES
         && (result = sqlite3_step(select)) == SQLITE_ROW) {
    const void *field = sqlite3_column_blob(select, 1);
    Row row = {sqlite3_column_int64(select, 0), bytes->count, sqlite3_column_bytes(select, 1)};
    append(bytes, field, row.count);
    rows[count++] = row;
  }
  if (result != SQLITE_DONE && result != SQLITE_ROW) die("reading", database);
  sqlite3_reset(select);
  return count;
}

static void rotate(sqlite3 *database, const Column *column) {
  static Row rows[PAGE_ROWS];
  static Buffer page, out;
  const char *table = column->table, *name = column->name;
  sqlite3_stmt *select = prepare(database, sqlite3_mprintf(
      "SELECT rowid, \"%w\" FROM \"%w\" WHERE \"%w\" IS NOT NULL AND rowid > ?1"
      " ORDER BY rowid LIMIT %d", name, table, name, PAGE_ROWS));
  sqlite3_stmt *update = prepare(database, sqlite3_mprintf(
      "UPDATE \"%w\" SET \"%w\" = ?1 WHERE rowid = ?2", table, name));
  sqlite3_int64 last = INT64_MIN;
  for (int count; (count = read_page(database, select, last, rows, &page));) {
    last = rows[count - 1].id;
    for (int n = 0; n < count; n++) {
      u8 *field = page.bytes + rows[n].offset;
      size_t length = rows[n].count;
      if (column->is_text) {
        documents++;
        if (!rewrite(field, length, &out)) continue;
        sqlite3_bind_text(update, 1, (char *)out.bytes, out.count, SQLITE_STATIC);
      } else {
        if (length < 2 * BLOCK || length % BLOCK) continue;
        if (!reencrypt(field, field + BLOCK, length - BLOCK)) continue;
        sqlite3_bind_blob(update, 1, field, length, SQLITE_STATIC);
      }
      sqlite3_bind_int64(update, 2, rows[n].id);
      if (sqlite3_step(update) != SQLITE_DONE) die("writing", database);
      sqlite3_reset(update);
      changed++;
    }
  }
  sqlite3_finalize(select);
  sqlite3_finalize(update);
}

int main(int count, char **arguments) {
  if (count != 4) die("usage: bare_minimum STORE.db OLDKEYHEX NEWKEYHEX", NULL);
  prepare_base64();
  open_chain(&old_key, arguments[2], 0);
  open_chain(&new_key, arguments[3], 1);
  sqlite3 *database;
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
  if (sqlite3_open_v2(arguments[1], &database, flags, NULL)) die(arguments[1], database);
  execute(database, "PRAGMA cache_size = -16384; PRAGMA locking_mode = EXCLUSIVE;"
                    "PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL; BEGIN IMMEDIATE");
  Column columns[COLUMNS];
  int found = find_columns(database, columns);
  for (int n = 0; n < found; n++) rotate(database, &columns[n]);
  execute(database, "COMMIT");
  sqlite3_close(database);
  printf("documents=%ld changed=%ld values=%ld unreadable=%ld\n", documents, changed, values,
         unreadable);
}
