public import GuestABI

/// An object of the object manager: something that has a type, and may have a name and handles.
public final class KernelObject {
  /// What an object holds beside its body.
  public enum Payload {
    /// Nothing: the body says all.
    case none
    /// A directory's objects.
    case directory([ObjectName: KernelObject])
    /// Where a symbolic link leads.
    case symbolicLink(SymbolicLink)
    /// The registry key that was opened.
    case key(RegistryKey)
    /// What a section maps.
    case section(SectionContents)
    /// What a token allows.
    case token(Token)
    /// The file that was opened.
    case file(OpenFile)
    /// The kind of object that a type object stands for.
    case type(ObjectKind)
  }

  /// The object's type.
  public let kind: ObjectKind

  /// The last component of the object's name, as its creator wrote it, or nil if it has no name.
  public internal(set) var name: String?

  /// Where the part of the object that drivers see begins, or null if none has been needed yet.
  public internal(set) var body: VirtualAddress

  /// The references to the object, of which each handle is one, and so is the object's name.
  public internal(set) var referenceCount = 1

  /// The handles to the object.
  public internal(set) var handleCount = 0

  /// Whether the object keeps its name when its last handle is closed: `OBJ_PERMANENT`.
  public internal(set) var isPermanent = false

  /// Whether the last reference is gone.
  public internal(set) var isDeleted = false

  /// What the object holds beside its body.
  public internal(set) var payload: Payload

  private var ownSecurity = ObjectSecurity()

  /// The directory that holds the object's name.
  public internal(set) var directory: KernelObject? {
    get { parent.object }
    set { parent.object = newValue }
  }

  /// A weak reference in a structure, which snapshots can copy.
  private struct Parent {
    weak var object: KernelObject?
  }

  private var parent = Parent()

  /// Whether the object manager allocated the body.
  var ownsBody = false

  /// Creates an object with no name and one reference, its creator's.
  ///
  /// - Parameters:
  ///   - kind: The object's type.
  ///   - body: The part that drivers see, or null for an object whose body is opaque: the object
  ///     manager then allocates one when a driver first asks for it.
  ///   - payload: What the object holds beside its body.
  public init(_ kind: ObjectKind, body: VirtualAddress = .null, payload: Payload = .none) {
    self.kind = kind
    self.body = body
    self.payload = payload
  }

  /// The security that has been set on the object, or on the key that it opens.
  var security: ObjectSecurity {
    get {
      if case .key(let key) = payload { return key.security }
      return ownSecurity
    }
    set {
      if case .key(let key) = payload { key.security = newValue } else { ownSecurity = newValue }
    }
  }
}

/// Where a symbolic link leads.
public struct SymbolicLink {
  /// The path that stands in for the link's own.
  public let target: String
  /// The `MaximumLength` of the string that the link was made with, which queries report.
  public let maximumLength: Int

  /// Creates a target from a string that ends in a terminator, as `RtlInitUnicodeString` makes it.
  public init(_ target: String) {
    self.init(target, maximumLength: target.utf16.count * 2 + 2)
  }

  /// Creates a target.
  public init(_ target: String, maximumLength: Int) {
    self.target = target
    self.maximumLength = maximumLength
  }
}

/// What a section maps.
public enum SectionContents: Sendable {
  /// The machine's physical address space: `\Device\PhysicalMemory`.
  case physicalMemory
  /// Memory that no file backs.
  case memory(SectionMemory)
}
