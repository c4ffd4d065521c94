import GuestABI
import NTKernel
import Testing

@Suite struct TimeTests {
  private func fields(_ fixture: RuntimeFixture, _ time: Int64) throws -> [Int16] {
    let place = fixture.allocate(8)
    try fixture.memory.store(time, at: place)
    let fields = fixture.allocate(16)
    _ = try fixture.registers("RtlTimeToTimeFields", place, fields)
    return try (0..<8).map { try fixture.memory.load(Int16.self, at: fields + $0 * 2) }
  }

  @Test(
    arguments: Architecture.allCases,
    [
      (0, [1601, 1, 1, 0, 0, 0, 0, 1]),
      (116_444_736_000_000_000, [1970, 1, 1, 0, 0, 0, 0, 4]),
      // NT 4.0 SP4, and a leap day.
      (125_599_680_000_000_000, [1999, 1, 5, 0, 0, 0, 0, 2]),
      (125_963_423_999_990_000, [2000, 2, 29, 23, 59, 59, 999, 2]),
      (.max, [30828, 9, 14, 2, 48, 5, 477, 4]),
    ] as [(Int64, [Int16])]
  )
  func `known times have their fields`(
    architecture: Architecture,
    row: (time: Int64, fields: [Int16])
  ) throws {
    #expect(try fields(RuntimeFixture(architecture), row.time) == row.fields)
  }

  @Test(arguments: Architecture.allCases)
  func `fields give the time back`(architecture: Architecture) throws {
    let fixture = try RuntimeFixture(architecture)
    let place = fixture.allocate(8)
    let result = fixture.allocate(8)
    let fields = fixture.allocate(16)
    for _ in 0..<300 {
      let time = Int64.random(in: 0...(Int64.max / 2)) / 10_000 * 10_000
      try fixture.memory.store(time, at: place)
      _ = try fixture.registers("RtlTimeToTimeFields", place, fields)
      #expect(try fixture.call("RtlTimeFieldsToTime", fields, result) & 0xFF == 1)
      #expect(try fixture.memory.load(Int64.self, at: result) == time)
    }
  }

  @Test(
    arguments: Architecture.allCases,
    [
      [1600, 1, 1, 0, 0, 0, 0, 0], [1999, 2, 29, 0, 0, 0, 0, 0], [1999, 13, 1, 0, 0, 0, 0, 0],
      [1999, 4, 31, 0, 0, 0, 0, 0], [1999, 1, 0, 0, 0, 0, 0, 0], [1999, 1, 1, 24, 0, 0, 0, 0],
      [1999, 1, 1, 0, 60, 0, 0, 0], [1999, 1, 1, 0, 0, 0, 1000, 0], [1999, 1, 1, -1, 0, 0, 0, 0],
    ] as [[Int16]]
  )
  func `fields that are no time are refused`(architecture: Architecture, fields: [Int16]) throws {
    let fixture = try RuntimeFixture(architecture)
    let place = fixture.allocate(16)
    for (index, field) in fields.enumerated() {
      try fixture.memory.store(field, at: place + index * 2)
    }
    #expect(try fixture.call("RtlTimeFieldsToTime", place, fixture.allocate(8)) & 0xFF == 0)
  }

  @Test(
    arguments: Architecture.allCases,
    [("1970", 116_444_736_000_000_000), ("1980", 119_600_064_000_000_000)] as [(String, Int64)]
  )
  func `seconds count from their year`(
    architecture: Architecture,
    row: (year: String, start: Int64)
  ) throws {
    let fixture = try RuntimeFixture(architecture)
    let time = fixture.allocate(8)
    let seconds = fixture.allocate(4)
    for count in [0, 1, 1_000_000_000, UInt32.max] {
      _ = try fixture.registers("RtlSecondsSince\(row.year)ToTime", count, time)
      #expect(
        try fixture.memory.load(Int64.self, at: time) == row.start + Int64(count) * 10_000_000
      )
      #expect(try fixture.call("RtlTimeToSecondsSince\(row.year)", time, seconds) & 0xFF == 1)
      #expect(try fixture.memory.load(UInt32.self, at: seconds) == count)
    }
    for outside in [row.start - 1, row.start + (1 << 32) * 10_000_000] {
      try fixture.memory.store(outside - (outside < row.start ? 10_000_000 : 0), at: time)
      #expect(try fixture.call("RtlTimeToSecondsSince\(row.year)", time, seconds) & 0xFF == 0)
    }
  }
}
