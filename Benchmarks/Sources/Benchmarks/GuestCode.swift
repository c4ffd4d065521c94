import GuestABI

/// Machine code of a routine that takes how often it repeats itself, and an array of words: what its
/// documentation calls parameters.
///
/// Each line is an instruction: its bytes, and behind a semicolon what they mean. Jumps show the offset
/// of their target in the code.
struct GuestCode {
  let x64: String
  let x86: String
  /// The bytes that each routine which the code calls removes from an x86 stack.
  ///
  /// The routines are the first parameters.
  let routineStackSizes: [UInt8]

  init(calling routineStackSizes: [UInt8] = [], x64: String, x86: String) {
    self.x64 = x64
    self.x86 = x86
    self.routineStackSizes = routineStackSizes
  }

  /// Returns the bytes for an architecture.
  func bytes(_ architecture: Architecture) -> [UInt8] {
    (architecture == .x64 ? x64 : x86).split(separator: "\n").flatMap { line in
      line.prefix { $0 != ";" }.split(separator: " ").compactMap { UInt8($0, radix: 16) }
    }
  }
}
