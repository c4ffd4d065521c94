/// What a node is to its parent.
package enum NodeField: String, CaseIterable, Sendable {
  /// Nothing that the grammar has a name for.
  case none = ""
  /// Something that is not listed here.
  case other = "?"

  case alternative
  case argument
  case arguments
  case body
  case captures
  case condition
  case consequence
  case declarator
  case defaultValue = "default_value"
  case designator
  case end
  case field
  case filter
  case function
  case index
  case indices
  case initializer
  case label
  case left
  case length
  case member
  case name
  case operand
  case `operator`
  case parameters
  case path
  case placement
  case prefix
  case right
  case scope
  case size
  case start
  case type
  case underlyingType = "underlying_type"
  case update
  case value
}
