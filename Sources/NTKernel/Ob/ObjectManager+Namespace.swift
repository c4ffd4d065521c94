internal import GuestABI
public import NTStructures

/// What a path leads to.
public struct Lookup {
  /// The object, or nil if the path leads nowhere.
  public let object: KernelObject?
  /// The rest of the path, with its separator, which is for the object to make sense of.
  public let remainder: String
  /// Why the path leads nowhere, or success.
  public let status: NTStatus

  init(_ object: KernelObject, remainder: Substring = "") {
    self.object = object
    self.remainder = String(remainder)
    status = .success
  }

  init(_ status: NTStatus) {
    object = nil
    remainder = ""
    self.status = status
  }
}

extension ObjectManager {
  /// The links that one path may lead through.
  private var longestChain: Int { 32 }

  /// The directories that may lie within each other.
  private var deepestDirectory: Int { 512 }

  private func depth(of directory: KernelObject) -> Int {
    var depth = 0
    var next = directory.directory
    while let directory = next {
      depth += 1
      next = directory.directory
    }
    return depth
  }

  /// Finds the object that a path leads to.
  ///
  /// The path ends at the first object that is neither a directory nor a link; the rest of it is for
  /// that object, as a file's name is for the device.
  ///
  /// - Parameters:
  ///   - path: The path, from the root unless a directory is given.
  ///   - directory: Where a relative path starts.
  ///   - followingLinks: Whether a link at the very end is followed.
  /// - Returns: The object and the rest of the path, or why there is none.
  /// - Throws: ``Unmodelled`` if a real machine would have an object that this one has not.
  public func object(
    at path: String,
    from directory: KernelObject? = nil,
    followingLinks: Bool = true
  ) throws -> Lookup {
    var path = path
    var start = root
    if let directory {
      guard !path.isAbsolutePath else { return Lookup(.objectPathSyntaxBad) }
      start = directory
      path = path.isEmpty ? "" : "\\" + path
    } else if !path.isAbsolutePath {
      return Lookup(.objectPathSyntaxBad)
    }
    if path == "\\" { return Lookup(start) }
    for _ in 0...longestChain {
      switch try walk(path[...], from: start, followingLinks: followingLinks) {
      case .done(let lookup): return lookup
      case .link(let newPath):
        path = newPath
        start = root
      }
    }
    throw Unmodelled("ObjectManager: a path through more than \(longestChain) symbolic links")
  }

  private enum Step {
    case done(Lookup)
    case link(String)
  }

  private func walk(
    _ path: Substring,
    from start: KernelObject,
    followingLinks: Bool
  ) throws -> Step {
    var current = start
    var rest = path
    while !rest.isEmpty {
      let name: Substring
      (name, rest) = rest[rest.utf16.index(after: rest.startIndex)...].firstComponent
      guard !name.isEmpty else { return .done(Lookup(.objectNameInvalid)) }
      guard let child = try current.child(ObjectName(name)) ?? lateChild(name, of: current) else {
        if UnmodelledNames.contains(name, in: fullName(of: current)) {
          throw Unmodelled("ObjectManager: \(fullName(of: current))\\\(name)")
        }
        return .done(Lookup(rest.isEmpty ? .objectNameNotFound : .objectPathNotFound))
      }
      if case .directory = child.payload {
        current = child
        continue
      }
      if case .symbolicLink(let link) = child.payload, followingLinks || !rest.isEmpty {
        return .link(link.target + rest)
      }
      return .done(Lookup(child, remainder: rest))
    }
    return .done(Lookup(current))
  }

  /// Makes and returns an object that is only there once somebody looks for it.
  private func lateChild(
    _ name: Substring,
    of directory: KernelObject
  ) throws -> KernelObject? {
    guard !lateObjects.isEmpty else { return nil }
    let path = fullName(of: directory)
    for source in lateObjects where try source.makeObjects(for: ObjectName(name), in: path) {
      return directory.child(ObjectName(name))
    }
    return nil
  }

  /// Gives an object a name.
  ///
  /// - Parameters:
  ///   - object: The object.
  ///   - path: The name, whose last component must not exist and whose others must.
  ///   - directory: Where a relative path starts.
  ///   - isPermanent: Whether the object keeps the name without handles, as devices do.
  /// - Returns: Why the object cannot have that name, or success.
  /// - Throws: ``Unmodelled`` if the name lies within an object that is no directory.
  public func insert(
    _ object: KernelObject,
    at path: String,
    from directory: KernelObject? = nil,
    isPermanent: Bool = true
  ) throws -> NTStatus {
    let (before, name) = path.lastComponent
    guard path.isAbsolutePath == (directory == nil) else { return .objectPathSyntaxBad }
    guard !name.isEmpty else { return .objectNameInvalid }
    var parentPath = String(before)
    if parentPath != "\\", !parentPath.isEmpty { parentPath.unicodeScalars.removeLast() }
    let parent = try self.object(at: parentPath, from: directory)
    guard let found = parent.object else {
      return parent.status == .objectNameNotFound ? .objectPathNotFound : parent.status
    }
    guard case .directory = found.payload else {
      throw Unmodelled("ObjectManager: a name within \(fullName(of: found))")
    }
    guard found.child(ObjectName(name)) == nil else { return .objectNameCollision }
    guard depth(of: found) < deepestDirectory else {
      throw Unmodelled("ObjectManager: more than \(deepestDirectory) directories within each other")
    }
    adopt(object, String(name), in: found)
    object.isPermanent = isPermanent
    register(object)
    return .success
  }

  /// Makes a symbolic link.
  ///
  /// - Parameters:
  ///   - path: The link's name.
  ///   - link: Where it leads.
  /// - Returns: Why the link cannot have that name, or success.
  /// - Throws: What ``insert(_:at:from:isPermanent:)`` throws.
  public func makeSymbolicLink(at path: String, to link: SymbolicLink) throws -> NTStatus {
    let object = KernelObject(.symbolicLink, payload: .symbolicLink(link))
    let status = try insert(object, at: path)
    // From now on the name keeps the link.
    if status.isSuccess { try dereference(object) }
    return status
  }

  /// Removes a symbolic link.
  ///
  /// - Returns: `STATUS_OBJECT_TYPE_MISMATCH` if the path leads to something else.
  /// - Throws: What ``object(at:from:followingLinks:)`` and ``remove(_:)`` throw.
  public func removeSymbolicLink(at path: String) throws -> NTStatus {
    let lookup = try object(at: path, followingLinks: false)
    guard let link = lookup.object else { return lookup.status }
    guard link.kind == .symbolicLink, lookup.remainder.isEmpty else { return .objectTypeMismatch }
    try remove(link)
    return .success
  }

  /// Returns the path of an object, or nothing if it has no name.
  public func fullName(of object: KernelObject) -> String {
    if object === root { return "\\" }
    guard let name = object.name else { return "" }
    guard let directory = object.directory, directory !== root else { return "\\" + name }
    return fullName(of: directory) + "\\" + name
  }
}
