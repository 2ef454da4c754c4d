// mutate FOLDER [NUMBER...]: prints every place in the Swift files of FOLDER that can be made wrong, as
// `NUMBER<tab>FILE:LINE<tab>WHAT<tab>HOW`, and rewrites those with the numbers in place.

import Foundation
import SwiftOperators
import SwiftParser
import SwiftSyntax

let folder = URL(fileURLWithPath: CommandLine.arguments[1])
let wanted = Set(CommandLine.arguments.dropFirst(2).compactMap { Int($0) })
let names = FileManager.default.subpaths(atPath: folder.path) ?? []
var first = 1
for name in names.filter({ $0.hasSuffix(".swift") }).sorted() {
  let file = folder.appendingPathComponent(name)
  let source = Parser.parse(source: try String(contentsOf: file, encoding: .utf8))
  // An operator of the project's own stays as it was parsed.
  let folded = OperatorTable.standardOperators.foldAll(source) { _ in }
  let lines = SourceLocationConverter(fileName: name, tree: folded)
  let mutator = Mutator(first: first, wanted: wanted, lines: lines)
  let mutated = mutator.rewrite(folded)
  first += mutator.sites.count
  for site in mutator.sites {
    let what = site.before.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    print("\(site.number)\t\(name):\(site.line)\t\(what)\t\(site.after)")
  }
  if mutator.sites.contains(where: { wanted.contains($0.number) }) {
    try mutated.description.write(to: file, atomically: true, encoding: .utf8)
  }
}
