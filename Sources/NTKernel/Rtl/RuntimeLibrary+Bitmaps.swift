import GuestABI
import NTStructures

/// Bitmaps. What the documents leave open is what ReactOS's tests find on Windows Vista and later
/// (`apitests/ntdll/RtlBitmap.c`); before, some routines also changed bits past the bitmap's end.
extension RuntimeLibrary {
  private typealias Bitmap = GuestPointer<RTLBitmap>

  var bitmapExports: [Export] {
    [
      export("RtlInitializeBitMap") {
        [self] (bitmap: Bitmap, buffer: VirtualAddress, size: UInt32) in
        try memory.modify(bitmap) {
          $0.size = size
          $0.buffer = buffer
        }
      },
      export("RtlSetBit") { [self] (bitmap: Bitmap, index: UInt32) in
        try set(true, bitmap, index, 1)
      },
      export("RtlClearBit") { [self] (bitmap: Bitmap, index: UInt32) in
        try set(false, bitmap, index, 1)
      },
      export("RtlTestBit") { [self] (bitmap: Bitmap, index: UInt32) in
        try GuestBits(bitmap, in: memory).first(true, in: Int(index)..<Int(index) + 1) == Int(index)
      },
      export("RtlSetBits") { [self] (bitmap: Bitmap, start: UInt32, count: UInt32) in
        try set(true, bitmap, start, count)
      },
      export("RtlClearBits") { [self] (bitmap: Bitmap, start: UInt32, count: UInt32) in
        try set(false, bitmap, start, count)
      },
      export("RtlSetAllBits") { [self] (bitmap: Bitmap) in try setAll(true, bitmap) },
      export("RtlClearAllBits") { [self] (bitmap: Bitmap) in try setAll(false, bitmap) },
      export("RtlNumberOfSetBits") { [self] (bitmap: Bitmap) in
        UInt32(try GuestBits(bitmap, in: memory).setCount())
      },
      export("RtlNumberOfClearBits") { [self] (bitmap: Bitmap) in
        let bits = try GuestBits(bitmap, in: memory)
        return UInt32(bits.count - (try bits.setCount()))
      },
      export("RtlAreBitsSet") { [self] (bitmap: Bitmap, start: UInt32, count: UInt32) in
        try are(true, bitmap, start, count)
      },
      export("RtlAreBitsClear") { [self] (bitmap: Bitmap, start: UInt32, count: UInt32) in
        try are(false, bitmap, start, count)
      },
    ]
  }

  func set(_ value: Bool, _ bitmap: GuestPointer<RTLBitmap>, _ start: UInt32, _ count: UInt32)
    throws
  {
    try GuestBits(bitmap, in: memory).set(value, in: Int(start)..<Int(start) + Int(count))
  }

  /// Sets all bits of a bitmap, up to the end of its last word.
  private func setAll(_ value: Bool, _ bitmap: Bitmap) throws {
    let bits = try GuestBits(bitmap, in: memory)
    try memory.fill(at: bits.buffer, count: (bits.count + 31) / 32 * 4, with: value ? 0xFF : 0)
  }

  /// Returns whether all bits of a range have a value; those of an empty range have not.
  private func are(
    _ value: Bool,
    _ bitmap: Bitmap,
    _ start: UInt32,
    _ count: UInt32
  ) throws -> Bool {
    let bits = try GuestBits(bitmap, in: memory)
    let end = Int(start) + Int(count)
    guard count > 0, end <= bits.count else { return false }
    return try bits.first(!value, in: Int(start)..<end) == end
  }
}
