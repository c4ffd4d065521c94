import GuestABI
import GuestEngine
import Snapshots

@testable import Lockstep
@testable import UnicornEngine

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// All that can be reached from an object, as text: a line for each value, with the way to it.
///
/// It is made with `Mirror`, and shares nothing with what snapshots are made with. Objects that save
/// their state themselves are told apart by what they hold; one that is not known here, and memory behind
/// a pointer, are told as problems.
struct StateDump {
  private(set) var lines: [String] = []
  /// What cannot be looked into.
  private(set) var problems: [String] = []
  private var seen: Set<ObjectIdentifier> = []
  private var waiting: [(path: String, object: AnyObject)] = []

  init(of root: AnyObject) {
    note(root, at: "\(type(of: root))")
    while let (path, object) = waiting.popLast() { dump(object, at: path) }
  }

  /// The first lines that differ from another dump's.
  func differences(from other: StateDump) -> [String] {
    guard lines != other.lines else { return [] }
    let mine = Set(lines)
    let others = Set(other.lines)
    let found =
      lines.filter { !others.contains($0) }.map { "now \($0)" }
      + other.lines.filter { !mine.contains($0) }.map { "was \($0)" }
    return found.isEmpty ? ["the order of lines"] : Array(found.prefix(20))
  }

  private mutating func note(_ object: AnyObject, at path: String) {
    // Which object it is matters, and it does not move.
    let address = UInt(bitPattern: ObjectIdentifier(object))
    lines.append("\(path): the \(type(of: object)) at \(String(address, radix: 16))")
    guard seen.insert(ObjectIdentifier(object)).inserted else { return }
    waiting.append((path, object))
  }

  private mutating func dump(_ object: AnyObject, at path: String) {
    switch object {
    case let ram as GuestRAM:
      lines.append("\(path): content \(ram.digest)")
    case let space as AddressSpace:
      lines.append("\(path).guestWritesPageTables: \(space.guestWritesPageTables)")
      dump(space.tables, at: "\(path).tables")
      note(space.ram, at: "\(path).ram")
    case let engine as UnicornEngine:
      let general = (0..<16).map { engine.generalRegister($0) }
      var others: [EngineRegister] = [.rflags, .cr3]
      if engine.memory.architecture == .x64 { others += [.fsBase, .gsBase] }
      lines.append("\(path): \(general) \(others.map { engine[$0] })")
      lines.append("\(path): \(engine.instructionCount) of \(engine.instructionLimit)")
    // A processor's saved registers never change.
    case is any EngineContext: break
    case let buffer as any Digestible:
      lines.append("\(path): content \(buffer.digest)")
    case is any StateSaving:
      problems.append("\(path) saves its state itself: say here what it holds")
    default:
      var mirror: Mirror? = Mirror(reflecting: object)
      while let current = mirror {
        dumpChildren(of: current, at: path)
        mirror = current.superclassMirror
      }
    }
  }

  private mutating func dumpChildren(of mirror: Mirror, at path: String) {
    for (index, child) in mirror.children.enumerated() {
      dump(child.value, at: "\(path).\(child.label ?? "\(index)")")
    }
  }

  private mutating func dump(_ value: Any, at path: String) {
    let type = type(of: value)
    if type is AnyClass { return note(value as AnyObject, at: path) }
    if let bytes = value as? [UInt8] {
      return lines.append("\(path): \(bytes.count) bytes \(EventLog.digest(bytes))")
    }
    let mirror = Mirror(reflecting: value)
    let name = String(describing: type)
    if name.contains("Unsafe") || name == "OpaquePointer" {
      problems.append("\(path) is a \(name)")
    }
    if mirror.children.isEmpty {
      lines.append("\(path): \(value)")
    } else {
      if mirror.displayStyle != .struct { lines.append("\(path): \(mirror.children.count)") }
      dumpChildren(of: mirror, at: path)
    }
  }
}

extension GuestRAM {
  /// A number that differs for different content.
  var digest: Int {
    // A frame that is all zero is as good as one that was never written.
    let zero = [UInt8](repeating: 0, count: Self.frameSize)
    var hasher = Hasher()
    for frame in 0..<FrameNumber(frameCount) where isWritten(frame) {
      guard memcmp(host(frame), zero, Self.frameSize) != 0 else { continue }
      hasher.combine(frame)
      hasher.combine(bytes: UnsafeRawBufferPointer(start: host(frame), count: Self.frameSize))
    }
    return hasher.finalize()
  }
}

private protocol Digestible {
  var digest: Int { get }
}

extension JournaledBuffer: Digestible {
  fileprivate var digest: Int {
    withUnsafeBytes { bytes in
      var hasher = Hasher()
      hasher.combine(bytes: bytes)
      return hasher.finalize()
    }
  }
}
