import GuestABI
import Lockstep

/// Loops of the guest that call nothing.
extension Bench {
  private struct Loop {
    let name: String
    let code: GuestCode
    let count: Int

    init(_ name: String, _ code: GuestCode, _ count: Int) {
      self.name = name
      self.code = code
      self.count = count
    }

    static let all = [
      Loop("2 integer instructions", .integers2, 4_000_000),
      Loop("8 integer instructions", .integers8, 3_000_000),
      Loop("16 integer instructions", .integers16, 2_000_000),
      Loop("load a word (3 instructions)", .load, 4_000),
      Loop("store a word (3 instructions)", .store, 4_000),
      Loop("copy a word (4 instructions)", .copy, 4_000),
      Loop("copy 4 words (10 instructions)", .copy4, 4_000),
      Loop("rep movs of a page", .copyString, 4_000),
    ]
  }

  func loopRows() throws -> [Row] {
    try Architecture.allCases.flatMap { architecture in
      let (machine, bare) = (try machine(architecture), try bareGuest(architecture))
      return try Loop.all.map { loop in
        let ours = try prepared(loop, on: machine)
        let reference = try prepared(loop, on: bare)
        return Row(
          "\(loop.name), \(architecture)",
          try Comparison(ours: ours, reference: reference),
          .speed(0.9)
        )
      }
    }
  }

  private func prepared(_ loop: Loop, on guest: some Guest) throws -> () throws -> Double {
    let routine = try guest.load(loop.code)
    let pages = [try guest.newPage(), try guest.newPage()]
    let array = try guest.array(pages.map(\.rawValue))
    return {
      try seconds {
        try guest.call(routine, UInt64(loop.count), array.rawValue)
      } / Double(loop.count)
    }
  }
}
