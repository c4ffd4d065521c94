/// What an object is: NT's object types, as far as they are modelled.
public enum ObjectKind: String, CaseIterable, Sendable {
  case adapter = "Adapter"
  case callback = "Callback"
  case device = "Device"
  case directory = "Directory"
  case driver = "Driver"
  case event = "Event"
  case file = "File"
  case key = "Key"
  case mutant = "Mutant"
  case process = "Process"
  case section = "Section"
  case semaphore = "Semaphore"
  case symbolicLink = "SymbolicLink"
  case thread = "Thread"
  case timer = "Timer"
  case token = "Token"
  case type = "Type"

  /// The type's name in `\ObjectTypes`.
  public var typeName: String { rawValue }
}
