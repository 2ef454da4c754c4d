// Where a program can be made wrong, and how: comparisons, conditions and constants.

import SwiftSyntax
import SwiftSyntaxBuilder

/// A place, and what is put there.
struct Site {
  let number: Int
  let line: Int
  let before: String
  let after: String
}

/// Rewrites the sites whose numbers are wanted so that `mutant(NUMBER)` decides at run time which of both is done. All
/// are counted, so that a number means the same whatever is wanted.
final class Mutator: SyntaxRewriter {
  private(set) var sites: [Site] = []
  private let wanted: Set<Int>
  private let first: Int
  private let lines: SourceLocationConverter

  init(first: Int, wanted: Set<Int>, lines: SourceLocationConverter) {
    self.first = first
    self.wanted = wanted
    self.lines = lines
  }

  private static let opposites = [
    "==": "!=", "!=": "==", "<": "<=", "<=": "<", ">": ">=", ">=": ">", "&&": "||", "||": "&&",
    "..<": "...", "...": "..<", "+": "-", "-": "+",
  ]

  override func visit(_ node: InfixOperatorExprSyntax) -> ExprSyntax {
    guard let sign = node.operator.as(BinaryOperatorExprSyntax.self)?.operator.text,
      let other = Mutator.opposites[sign], Mutator.mayChange(Syntax(node)),
      !(["+", "-"].contains(sign) && Mutator.isText(node))
    else { return super.visit(node) }
    let number = add(node, node.trimmedDescription, "\(sign) becomes \(other)")
    let inner = super.visit(node)
    guard wanted.contains(number), let whole = inner.as(InfixOperatorExprSyntax.self) else {
      return inner
    }
    let (left, right) = (whole.leftOperand.trimmed, whole.rightOperand.trimmed)
    return choice(number, "\(left) \(other) \(right)", "\(left) \(sign) \(right)", node)
  }

  override func visit(_ node: PrefixOperatorExprSyntax) -> ExprSyntax {
    guard node.operator.text == "!", Mutator.mayChange(Syntax(node)) else {
      return super.visit(node)
    }
    let number = add(node, node.trimmedDescription, "without !")
    let inner = super.visit(node)
    guard wanted.contains(number), let whole = inner.as(PrefixOperatorExprSyntax.self) else {
      return inner
    }
    return choice(number, "\(whole.expression.trimmed)", "\(whole.trimmed)", node)
  }

  override func visit(_ node: IntegerLiteralExprSyntax) -> ExprSyntax {
    guard Mutator.mayChange(Syntax(node)), let value = Mutator.value(of: node.literal.text) else {
      return super.visit(node)
    }
    let number = add(node, node.trimmedDescription, "becomes \(value + 1)")
    guard wanted.contains(number) else { return ExprSyntax(node) }
    return choice(number, "\(value + 1)", node.literal.text, node)
  }

  override func visit(_ node: BooleanLiteralExprSyntax) -> ExprSyntax {
    // Without `while true` a function may end without a result.
    guard Mutator.mayChange(Syntax(node)), node.parent?.is(ConditionElementSyntax.self) != true
    else { return super.visit(node) }
    let other = node.literal.text == "true" ? "false" : "true"
    let number = add(node, node.trimmedDescription, "becomes \(other)")
    guard wanted.contains(number) else { return ExprSyntax(node) }
    return choice(number, other, node.literal.text, node)
  }

  /// Conditions that are calls or properties; those of operators are changed at the operator.
  override func visit(_ node: ConditionElementSyntax) -> ConditionElementSyntax {
    guard case .expression(let condition) = node.condition,
      condition.is(FunctionCallExprSyntax.self) || condition.is(MemberAccessExprSyntax.self)
        || condition.is(DeclReferenceExprSyntax.self)
    else { return super.visit(node) }
    let number = add(condition, condition.trimmedDescription, "negated")
    let inner = super.visit(node)
    guard wanted.contains(number), case .expression(let whole) = inner.condition else {
      return inner
    }
    return inner.with(
      \.condition,
      .expression(choice(number, "!(\(whole.trimmed))", "\(whole.trimmed)", condition)))
  }

  private func add(_ node: some SyntaxProtocol, _ before: String, _ after: String) -> Int {
    let number = first + sites.count
    let line = node.startLocation(converter: lines).line
    sites.append(Site(number: number, line: line, before: before, after: after))
    return number
  }

  private func choice(
    _ number: Int, _ mutated: String, _ original: String, _ node: some SyntaxProtocol
  ) -> ExprSyntax {
    let text: ExprSyntax = "(mutant(\(raw: number)) ? \(raw: mutated) : \(raw: original))"
    return text.with(\.leadingTrivia, node.leadingTrivia).with(
      \.trailingTrivia, node.trailingTrivia)
  }

  /// Patterns, raw values, attributes and types take no conditional expression.
  private static func mayChange(_ node: Syntax) -> Bool {
    var outer = node.parent
    while let one = outer {
      if one.is(ExpressionPatternSyntax.self) || one.is(EnumCaseElementSyntax.self)
        || one.is(AttributeSyntax.self) || one.is(IfConfigClauseSyntax.self)
        || one.is(GenericArgumentClauseSyntax.self) || one.is(StringLiteralExprSyntax.self)
        || one.is(MacroExpansionExprSyntax.self)
      {
        return false
      }
      outer = one.parent
    }
    return true
  }

  /// + of texts and arrays has no opposite.
  private static func isText(_ node: InfixOperatorExprSyntax) -> Bool {
    let text = node.trimmedDescription
    return text.contains("\"") || text.contains("[") || text.contains("Array(")
      || text.contains(".map") || text.contains("text") || text.contains("path")
  }

  private static func value(of literal: String) -> Int? {
    let digits = literal.replacing("_", with: "")
    if digits.hasPrefix("0x") { return Int(digits.dropFirst(2), radix: 16) }
    if digits.hasPrefix("0b") { return Int(digits.dropFirst(2), radix: 2) }
    if digits.hasPrefix("0o") { return Int(digits.dropFirst(2), radix: 8) }
    return Int(digits)
  }
}
