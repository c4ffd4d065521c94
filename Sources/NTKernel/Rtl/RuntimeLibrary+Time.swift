import GuestABI
import NTStructures

/// A time as a calendar has it: `TIME_FIELDS`, eight 16-bit numbers.
struct TimeFields: GuestStructure {
  let year = Field<Int16>(x86: 0, x64: 0)
  let month = Field<Int16>(x86: 2, x64: 2)
  let day = Field<Int16>(x86: 4, x64: 4)
  let hour = Field<Int16>(x86: 6, x64: 6)
  let minute = Field<Int16>(x86: 8, x64: 8)
  let second = Field<Int16>(x86: 10, x64: 10)
  let milliseconds = Field<Int16>(x86: 12, x64: 12)
  /// 0 is Sunday.
  let weekday = Field<Int16>(x86: 14, x64: 14)

  static func size(on architecture: Architecture) -> Int { 16 }
}

/// Times, which count units of 100 ns since the beginning of 1601.
extension RuntimeLibrary {
  var timeExports: [Export] {
    [
      export("RtlTimeToTimeFields", to: timeFields(of:to:)),
      export("RtlTimeFieldsToTime", to: time(of:to:)),
      export("RtlTimeToSecondsSince1970") {
        [self] (time: GuestPointer<Int64>, seconds: GuestPointer<UInt32>) in
        try countSeconds(since: Self.start1970, time, seconds)
      },
      export("RtlTimeToSecondsSince1980") {
        [self] (time: GuestPointer<Int64>, seconds: GuestPointer<UInt32>) in
        try countSeconds(since: Self.start1980, time, seconds)
      },
      export("RtlSecondsSince1970ToTime") { [self] (seconds: UInt32, time: GuestPointer<Int64>) in
        try memory.store((Int64(seconds) + Self.start1970) * 10_000_000, at: time.address)
      },
      export("RtlSecondsSince1980ToTime") { [self] (seconds: UInt32, time: GuestPointer<Int64>) in
        try memory.store((Int64(seconds) + Self.start1980) * 10_000_000, at: time.address)
      },
    ]
  }

  /// The seconds from the beginning of 1601 to that of 1970, and of 1980.
  private static let start1970: Int64 = 11_644_473_600
  private static let start1980: Int64 = 11_960_006_400

  private func countSeconds(
    since start: Int64,
    _ time: GuestPointer<Int64>,
    _ result: GuestPointer<UInt32>
  ) throws -> Bool {
    let time = try memory.load(Int64.self, at: time.address)
    guard time >= 0, let seconds = UInt32(exactly: time / 10_000_000 - start) else { return false }
    try memory.store(seconds, at: result.address)
    return true
  }

  private func timeFields(of time: GuestPointer<Int64>, to fields: GuestPointer<TimeFields>) throws
  {
    let time = try memory.load(Int64.self, at: time.address)
    guard time >= 0 else { throw Unmodelled("RtlTimeToTimeFields: a negative time") }
    let milliseconds = time / 10_000
    let days = milliseconds / 86_400_000
    let rest = milliseconds % 86_400_000
    // The years of four centuries begin on days that repeat every 146,097 days.
    var year = 1601 + days / 146_097 * 400
    var day = days % 146_097
    while day >= Self.dayCount(ofYear: year) {
      day -= Self.dayCount(ofYear: year)
      year += 1
    }
    var month = 1
    while day >= Self.dayCount(ofMonth: month, in: year) {
      day -= Self.dayCount(ofMonth: month, in: year)
      month += 1
    }
    try memory.modify(fields) {
      $0.year = Int16(truncatingIfNeeded: year)
      $0.month = Int16(month)
      $0.day = Int16(day + 1)
      $0.hour = Int16(rest / 3_600_000)
      $0.minute = Int16(rest / 60_000 % 60)
      $0.second = Int16(rest / 1000 % 60)
      $0.milliseconds = Int16(rest % 1000)
      $0.weekday = Int16((days + 1) % 7)
    }
  }

  /// - Returns: False, with nothing stored, if the fields are not a time.
  private func time(of fields: GuestPointer<TimeFields>, to time: GuestPointer<Int64>) throws
    -> Bool
  {
    let fields = memory[fields]
    let year = Int64(try fields.year)
    let month = Int(try fields.month)
    let day = Int64(try fields.day)
    let hour = Int64(try fields.hour)
    let minute = Int64(try fields.minute)
    let second = Int64(try fields.second)
    let milliseconds = Int64(try fields.milliseconds)
    // The last year that begins in the range of a time is 30828, and it does not end in it.
    guard (1601...30827).contains(year), (1...12).contains(month), day >= 1,
      day <= Self.dayCount(ofMonth: month, in: year), (0..<24).contains(hour),
      (0..<60).contains(minute), (0..<60).contains(second), (0..<1000).contains(milliseconds)
    else { return false }
    let years = year - 1601
    var days = years * 365 + years / 4 - years / 100 + years / 400 + day - 1
    for earlier in 1..<month { days += Self.dayCount(ofMonth: earlier, in: year) }
    let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second
    try memory.store((seconds * 1000 + milliseconds) * 10_000, at: time.address)
    return true
  }

  private static func isLeap(_ year: Int64) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  private static func dayCount(ofYear year: Int64) -> Int64 { isLeap(year) ? 366 : 365 }

  private static func dayCount(ofMonth month: Int, in year: Int64) -> Int64 {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}
