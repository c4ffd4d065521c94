import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

/// Structures whose layout changed from release to release, by the public symbols of real kernels.
@Suite struct LayoutVariantTests {
  /// Where the members of a structure without anonymous unions lie, by the rules of C.
  private struct Layout {
    var offsets: [String: Int] = [:]
    var size = 0

    init(_ members: [String], pointerSize: Int) throws {
      var alignment = 1
      for member in members {
        let (type, name) = try Self.split(member)
        let (memberSize, memberAlignment) = try Self.measure(type, pointerSize)
        size = (size + memberAlignment - 1) / memberAlignment * memberAlignment
        offsets[name] = size
        size += memberSize
        alignment = max(alignment, memberAlignment)
      }
      size = (size + alignment - 1) / alignment * alignment
    }

    private static func split(_ member: String) throws -> (type: String, name: String) {
      let end = try #require(member.lastIndex(of: " "))
      let name = member[member.index(after: end)...]
      let isPointer = name.hasPrefix("*")
      return (isPointer ? "*" : String(member[..<end]), String(name.drop { $0 == "*" }))
    }

    private static func measure(_ type: String, _ word: Int) throws -> (Int, Int) {
      switch type {
      case "*", "PVOID": (word, word)
      case "UCHAR", "CHAR": (1, 1)
      case "SHORT", "USHORT": (2, 2)
      case "LONG", "ULONG": (4, 4)
      case "ULONG64", "union _LARGE_INTEGER", "union _ULARGE_INTEGER": (8, 8)
      case "struct _LIST_ENTRY", "struct _UNICODE_STRING": (2 * word, word)
      case "struct _DISPATCHER_HEADER", "struct _KEVENT": (8 + 2 * word, word)
      default: throw UnknownType(name: type)
      }
    }

    private struct UnknownType: Error { let name: String }
  }

  /// Returns the layout in a release: that of the last kernel that is not newer.
  private func layout(
    of structure: String,
    _ release: Release,
    _ architecture: Architecture
  ) throws -> Layout? {
    func numbers(_ build: String) -> [Int] {
      build.split(separator: ".").prefix(3).compactMap { Int($0) }
    }
    guard let version = release.rtlGetVersion ?? release.psGetVersion else { return nil }
    let own = [Int(version.majorVersion), Int(version.minorVersion), Int(version.build)]
    let known = StructureVariant.variants(of: structure)
      .filter { $0.platform == architecture.platform }
      .filter { !own.lexicographicallyPrecedes(numbers($0.firstBuild)) }
    let newest = known.max {
      numbers($0.firstBuild).lexicographicallyPrecedes(numbers($1.firstBuild))
    }
    guard let newest else { return nil }
    return try Layout(newest.members, pointerSize: architecture.pointerSize)
  }

  private static let kernels: [(release: Release, architecture: Architecture)] =
    Release.allCases.flatMap { release in
      Architecture.allCases.filter { release.addressLimits(for: $0.platform) != nil }
        .map { (release, $0) }
    }.filter { $0.release >= .w2k }

  @Test(arguments: kernels)
  func `a timer keeps its period where the release's symbols have it`(
    kernel: (release: Release, architecture: Architecture)
  ) throws {
    let found = try layout(of: "KTIMER", kernel.release, kernel.architecture)
    let symbols = try #require(found)
    let fixture = try KernelFixture(kernel.release, kernel.architecture)
    let block = try fixture.manager.allocatePool(0x40, .nonpaged, tag: 0x656D_6954)
    let timer = try #require(block)
    try fixture.memory.fill(at: timer, count: 0x40, with: 0x55)
    try fixture.call("KeInitializeTimer", timer)
    let (due, period): (Int64, Int32) = (-10_000_000, 5_000)
    try fixture.call("KeSetTimerEx", timer, due, period, VirtualAddress.null)
    let offset = try #require(symbols.offsets["Period"])
    #expect(try fixture.memory.load(Int32.self, at: timer + offset) == period)
    let dpc = try #require(symbols.offsets["Dpc"])
    #expect(try fixture.memory.load(VirtualAddress.self, at: timer + dpc) == .null)
    #expect(symbols.size == KTimer.size(on: kernel.architecture))
  }

  @Test(arguments: kernels)
  func `a file object is as large as the release's symbols have it`(
    kernel: (release: Release, architecture: Architecture)
  ) throws {
    let found = try layout(of: "FILE_OBJECT", kernel.release, kernel.architecture)
    let symbols = try #require(found)
    let fixture = try KernelFixture(kernel.release, kernel.architecture)
    let block = try fixture.manager.allocatePool(0x200, .nonpaged, tag: 0x6976_6544)
    let device = try #require(block)
    try fixture.memory.fill(at: device, count: 0x200)
    let file = try fixture.kernel.io.makeFile(for: GuestPointer(device))
    #expect(try Int(fixture.memory[file].size) == symbols.size)
    let event = try #require(symbols.offsets["Event"])
    #expect(fixture.memory[file].address(of: \.event) == file.address + event)
  }

  @Test(arguments: kernels)
  func `a fast mutex has the layout of the release's symbols`(
    kernel: (release: Release, architecture: Architecture)
  ) throws {
    let found = try layout(of: "FAST_MUTEX", kernel.release, kernel.architecture)
    let symbols = try #require(found)
    let fields = FastMutex()
    #expect(symbols.size == FastMutex.size(on: kernel.architecture))
    #expect(symbols.offsets["Owner"] == fields.owner.offset(on: kernel.architecture))
    #expect(symbols.offsets["OldIrql"] == fields.oldIRQL.offset(on: kernel.architecture))
  }
}
