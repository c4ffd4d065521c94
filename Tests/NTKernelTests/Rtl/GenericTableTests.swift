import GuestABI
import NTKernel
import Testing

/// Tables of numbers, compared with a sorted array.
@Suite struct GenericTableTests {
  /// A table in a kernel, whose routines the test has.
  private final class Table {
    let fixture: ExecutiveFixture
    let suffix: String
    let address: VirtualAddress
    let buffer: VirtualAddress
    let isNew: VirtualAddress
    /// The nodes that have been allocated and not freed.
    private(set) var live: Set<VirtualAddress> = []
    private(set) var sizes: Set<UInt64> = []
    private var isExhausted = false

    init(_ architecture: Architecture, _ suffix: String) throws {
      fixture = try ExecutiveFixture(architecture)
      self.suffix = suffix
      address = try fixture.allocate(0x80)
      buffer = try fixture.allocate(8)
      isNew = try fixture.allocate(1)
      let routines = [0x9001, 0x9002, 0x9003].map { VirtualAddress(rawValue: $0) }
      fixture.routines[routines[0]] = { [unowned self] call in
        let first = try self.value(at: VirtualAddress(rawValue: call.arguments[1].bits))
        let second = try self.value(at: VirtualAddress(rawValue: call.arguments[2].bits))
        return first < second ? 0 : first > second ? 1 : 2
      }
      fixture.routines[routines[1]] = { [unowned self] call in
        #expect(call.arguments[0].bits == self.address.rawValue)
        if self.isExhausted { return 0 }
        self.sizes.insert(call.arguments[1].bits)
        let node = try self.fixture.allocate(Int(call.arguments[1].bits))
        self.live.insert(node)
        return node.rawValue
      }
      fixture.routines[routines[2]] = { [unowned self] call in
        #expect(self.live.remove(VirtualAddress(rawValue: call.arguments[1].bits)) != nil)
        return 0
      }
      try fixture.call(
        "RtlInitializeGenericTable" + suffix,
        address,
        routines[0],
        routines[1],
        routines[2],
        VirtualAddress.null
      )
    }

    func value(at address: VirtualAddress) throws -> UInt32 {
      try fixture.memory.load(UInt32.self, at: address)
    }

    private func store(_ value: UInt32) throws { try fixture.memory.store(value, at: buffer) }

    func insert(_ value: UInt32) throws -> (data: VirtualAddress, isNew: Bool) {
      try store(value)
      let size: UInt32 = 4
      let data = try fixture.call(
        "RtlInsertElementGenericTable" + suffix,
        address,
        buffer,
        size,
        isNew
      )
      return (VirtualAddress(rawValue: data), try fixture.memory.load(Bool.self, at: isNew))
    }

    func insertWithoutMemory(_ value: UInt32) throws -> VirtualAddress {
      isExhausted = true
      defer { isExhausted = false }
      return try insert(value).data
    }

    func delete(_ value: UInt32) throws -> Bool {
      try store(value)
      return try fixture.call("RtlDeleteElementGenericTable" + suffix, address, buffer) & 1 == 1
    }

    func contains(_ value: UInt32) throws -> Bool {
      try store(value)
      let data = try fixture.call("RtlLookupElementGenericTable" + suffix, address, buffer)
      guard data != 0 else { return false }
      #expect(try self.value(at: VirtualAddress(rawValue: data)) == value)
      return true
    }

    func all() throws -> [UInt32] {
      var values: [UInt32] = []
      var restarts = true
      while true {
        let data = try fixture.call("RtlEnumerateGenericTable" + suffix, address, restarts)
        guard data != 0 else { return values }
        values.append(try value(at: VirtualAddress(rawValue: data)))
        restarts = false
      }
    }

    func allWithoutSplaying() throws -> [UInt32] {
      let key = try fixture.allocate(8)
      var values: [UInt32] = []
      let routine = "RtlEnumerateGenericTableWithoutSplaying" + suffix
      while case let data = try fixture.call(routine, address, key), data != 0 {
        values.append(try value(at: VirtualAddress(rawValue: data)))
      }
      return values
    }

    func numbered() throws -> [UInt32] {
      var values: [UInt32] = []
      let routine = "RtlGetElementGenericTable" + suffix
      while case let data = try fixture.call(routine, address, UInt32(values.count)), data != 0 {
        values.append(try value(at: VirtualAddress(rawValue: data)))
      }
      return values
    }

    func count() throws -> Int {
      let isEmpty = try fixture.call("RtlIsGenericTableEmpty" + suffix, address) & 1 == 1
      let count = try fixture.call("RtlNumberGenericTableElements" + suffix, address)
      #expect(isEmpty == (count == 0))
      return Int(count)
    }

    /// The height of a tree whose branches differ by one at most, checked on the way.
    func balancedHeight(_ node: VirtualAddress) throws -> Int {
      if node == .null { return 0 }
      let word = fixture.memory.architecture.pointerSize
      let left = try balancedHeight(fixture.memory.load(at: node + word))
      let right = try balancedHeight(fixture.memory.load(at: node + 2 * word))
      let balance = try fixture.memory.load(Int8.self, at: node + 3 * word)
      #expect(right - left == Int(balance) && balance.magnitude < 2)
      return max(left, right) + 1
    }
  }

  @Test(arguments: Architecture.allCases, ["", "Avl"])
  func `a table agrees with a sorted array`(architecture: Architecture, suffix: String) throws {
    let table = try Table(architecture, suffix)
    var generator = SystemRandomNumberGenerator()
    var sorted: [UInt32] = []
    var inOrderOfInsertion: [UInt32] = []
    #expect(try table.all().isEmpty && table.count() == 0)
    for step in 0..<300 {
      let value = UInt32.random(in: 0..<80, using: &generator)
      let isKnown = sorted.contains(value)
      if Bool.random(using: &generator) {
        let (data, isNew) = try table.insert(value)
        #expect(isNew != isKnown)
        #expect(try table.value(at: data) == value)
        if !isKnown {
          sorted = (sorted + [value]).sorted()
          inOrderOfInsertion.append(value)
        }
      } else {
        #expect(try table.delete(value) == isKnown)
        sorted.removeAll { $0 == value }
        inOrderOfInsertion.removeAll { $0 == value }
      }
      #expect(try table.count() == sorted.count)
      #expect(table.live.count == sorted.count)
      #expect(try table.contains(value) == sorted.contains(value))
      if suffix == "Avl" {
        let word = architecture.pointerSize
        let root = try table.fixture.memory.load(
          VirtualAddress.self,
          at: table.address + 2 * word
        )
        _ = try table.balancedHeight(root)
      }
      if step % 20 == 0 {
        #expect(try table.allWithoutSplaying() == sorted)
        #expect(try table.all() == sorted)
        #expect(try table.numbered() == (suffix == "" ? inOrderOfInsertion : sorted))
      }
    }
    // sizeof(RTL_SPLAY_LINKS) + sizeof(LIST_ENTRY), or sizeof(RTL_BALANCED_LINKS), and the data.
    let header: UInt64 =
      suffix == "" ? (architecture == .x86 ? 24 : 40) : (architecture == .x86 ? 16 : 32)
    #expect(table.sizes == [header + 4])
  }

  @Test(arguments: Architecture.allCases, ["", "Avl"])
  func `an element that has no memory is not inserted`(
    architecture: Architecture,
    suffix: String
  ) throws {
    let table = try Table(architecture, suffix)
    #expect(try table.insertWithoutMemory(1) == .null)
    #expect(try !table.fixture.memory.load(Bool.self, at: table.isNew))
    #expect(try table.count() == 0)
  }

  @Test(arguments: Architecture.allCases)
  func `a full look-up says where an element belongs`(architecture: Architecture) throws {
    let table = try Table(architecture, "")
    let fixture = table.fixture
    let (node, result) = (try fixture.allocate(8), try fixture.allocate(4))
    func search(_ value: UInt32) throws -> UInt32 {
      try fixture.memory.store(value, at: table.buffer)
      let routine = "RtlLookupElementGenericTableFull"
      let data = try fixture.call(routine, table.address, table.buffer, node, result)
      let found = try fixture.memory.load(UInt32.self, at: result)
      #expect((data != 0) == (found == 1))
      return found
    }
    #expect(try search(5) == 0)
    _ = try table.insert(5)
    #expect(try search(5) == 1)
    #expect(try search(4) == 2)
    #expect(try search(6) == 3)
    let place = try fixture.memory.load(VirtualAddress.self, at: node)
    let (size, side): (UInt32, UInt32) = (4, 3)
    try fixture.call(
      "RtlInsertElementGenericTableFull",
      table.address,
      table.buffer,
      size,
      table.isNew,
      place,
      side
    )
    #expect(try table.all() == [5, 6])
  }

  @Test(arguments: Architecture.allCases)
  func `links in a circle end the run, not the host`(architecture: Architecture) throws {
    let fixture = try ExecutiveFixture(architecture)
    let node = try fixture.allocate(24)
    let word = architecture.pointerSize
    for index in 0..<3 { try fixture.memory.store(node, at: node + index * word) }
    #expect(fixture.unmodelled { try fixture.call("RtlSubtreeSuccessor", node) } != nil)
    #expect(fixture.unmodelled { try fixture.call("RtlSplay", node) } != nil)
  }
}
