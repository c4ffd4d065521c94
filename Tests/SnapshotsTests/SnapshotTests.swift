import Snapshots
import Testing

/// The state of objects of many shapes, brought back.
@Suite struct SnapshotTests {
  private final class Leaf {
    var number: Int
    init(_ number: Int) { self.number = number }
  }

  private enum Choice {
    case none
    case leaf(Leaf)
    indirect case nested(Choice)
  }

  private protocol Speaker: AnyObject { var number: Int { get set } }
  private final class Loud: Speaker { var number = 1 }

  private class Base { var inherited = [1, 2] }
  private final class Root: Base {
    struct Weak { weak var leaf: Leaf? }
    let constant = Leaf(1)
    var replaced = Leaf(2)
    var list = [Leaf(3)]
    var table: [String: (Int, Leaf?)] = ["a": (1, Leaf(4))]
    var choice = Choice.nested(.leaf(Leaf(5)))
    var speaker: any Speaker = Loud()
    var closure: () -> Int = { 1 }
    var byte: UInt8 = 7
    var text = "a text that is longer than fifteen bytes"
    var optional: Leaf?
    lazy var late = Leaf(6)
    weak var owner: Root?
    var weak = Weak()
  }

  @Test func `objects in every kind of property are found and brought back`() throws {
    let root = Root()
    root.owner = root
    root.weak.leaf = root.constant
    let snapshot = Snapshot(of: root)
    let objects = (root.replaced, root.list[0], root.table["a"]?.1)
    for turn in 1...3 {
      root.inherited.append(turn)
      root.constant.number = 10
      root.replaced.number = 20
      root.replaced = Leaf(turn)
      root.list[0].number = 30
      root.list.append(Leaf(31))
      root.table["a"]?.1?.number = 40
      root.table["b"] = (2, nil)
      if case .nested(.leaf(let leaf)) = root.choice { leaf.number = 50 }
      root.choice = .none
      root.speaker.number = 60
      root.speaker = Loud()
      root.closure = { turn }
      root.byte = 8
      root.text += "!"
      root.optional = Leaf(turn)
      root.late.number = 61
      root.weak.leaf = nil
      snapshot.restore()
      #expect(root.inherited == [1, 2])
      #expect(root.constant.number == 1)
      #expect(root.replaced === objects.0)
      #expect(root.replaced.number == 2)
      #expect(root.list.count == 1 && root.list[0] === objects.1 && root.list[0].number == 3)
      #expect(root.table.count == 1 && root.table["a"]?.1 === objects.2)
      #expect(root.table["a"]?.1?.number == 4)
      guard case .nested(.leaf(let leaf)) = root.choice else { throw Lost() }
      #expect(leaf.number == 5)
      #expect(root.speaker.number == 1)
      #expect(root.closure() == 1)
      #expect(root.byte == 7)
      #expect(root.text == "a text that is longer than fifteen bytes")
      #expect(root.optional == nil)
      #expect(root.late.number == 6)
      #expect(root.weak.leaf === root.constant)
    }
  }

  private struct Lost: Error {}

  @Test func `a snapshot keeps nothing alive when it is gone`() {
    weak var leaf: Leaf?
    do {
      let root = Root()
      leaf = root.replaced
      let snapshot = Snapshot(of: root)
      root.replaced = Leaf(0)
      #expect(leaf != nil)
      snapshot.restore()
      #expect(root.replaced === leaf)
    }
    #expect(leaf == nil)
  }

  @Test(arguments: [1, 63, 64, 65, 1000])
  func `a journaled buffer brings back what changed, again and again`(count: Int) {
    let buffer = JournaledBuffer<UInt64>(repeating: 5, count: count)
    buffer[count - 1] = 6
    let restore = buffer.saveState()
    for turn in 0..<3 {
      for index in stride(from: turn, to: count, by: 7) { buffer[index] = 99 }
      restore()
      #expect((0..<count).allSatisfy { buffer[$0] == ($0 == count - 1 ? 6 : 5) })
    }
    // A later state is brought back by what saved it.
    buffer[0] = 1
    let restoreLater = buffer.saveState()
    buffer[0] = 2
    restoreLater()
    #expect(buffer[0] == 1)
  }
}
