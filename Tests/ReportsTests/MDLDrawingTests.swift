import Findings
import Testing

@testable import Reports

/// Drawings of 0x2345 bytes at byte offset 0x123 of three pages, unless they say otherwise.
@Suite struct MDLDrawingTests {
  private func drawing(_ picture: MDLPicture, width: Int = 98) -> String {
    MDLDrawing(picture).lines(width: width).joined(separator: "\n")
  }

  @Test func `an offset that was added twice`() {
    let picture = Synthetic.picture(returned: 0x123, used: 0x246)
    #expect(
      drawing(picture) == """
                   0xE8001000         0xE8002000         0xE8003000         0xE8004000
            pages  |..################|##################|#####.............|
         returned     ^ 0xE8001123  first page + 0x123
        should be     ^ 0xE8001123  the buffer's first byte
             used       X 0xE8001246  reads 1 byte, buffer + 0x123
                   # the buffer: 0x2345 bytes at byte offset 0x123 of 3 pages
        """
    )
  }

  @Test func `an access before the buffer`() {
    let picture = Synthetic.picture(returned: 0, used: 0, isWrite: true)
    #expect(
      drawing(picture) == """
                   0xE8001000         0xE8002000         0xE8003000         0xE8004000
            pages  |..################|##################|#####.............|
         returned   ^ 0xE8001000  the first page's start, without the byte offset
        should be     ^ 0xE8001123  the buffer's first byte
             used   X 0xE8001000  writes 1 byte, buffer - 0x123
                   # the buffer: 0x2345 bytes at byte offset 0x123 of 3 pages
        """
    )
  }

  @Test func `an access beyond the mapping`() {
    let picture = Synthetic.picture(returned: 0x123, used: 0x3000, count: 4, isWrite: true)
    #expect(
      drawing(picture) == """
                   0xE8001000         0xE8002000         0xE8003000         0xE8004000
            pages  |..################|##################|#####.............|~~~~~~~
         returned     ^ 0xE8001123  first page + 0x123
        should be     ^ 0xE8001123  the buffer's first byte
             used                                                            XXXXXX 0xE8004000
                                          writes 4 bytes, 0xB98 past the buffer's end, outside the mapping
                   # the buffer: 0x2345 bytes at byte offset 0x123 of 3 pages
        """
    )
  }

  @Test func `an access across the end of the buffer`() {
    let text = drawing(Synthetic.picture(returned: 0x123, used: 0x2466, count: 4))
    #expect(text.contains("reads 4 bytes, buffer + 0x2343, 2 of them past the buffer's end"))
  }

  @Test func `the first byte past the buffer`() {
    let lines = MDLDrawing(Synthetic.picture(returned: 0x123, used: 0x2468)).lines(width: 98)
    let pages = Array(lines[1])
    let used = Array(lines[4])
    #expect(lines[5].contains("the first byte past the buffer"))
    let mark = used.firstIndex(of: "X") ?? 0
    #expect(pages[mark] == "." && pages[mark - 2] == "#")
  }

  @Test func `an access before the mapping`() {
    let text = drawing(Synthetic.picture(returned: 0x123, used: 0xE800_0FF0))
    #expect(text.contains("pages   ~~~~~~~|.."))
    #expect(text.contains(" X 0xE8000FF0  reads 1 byte, buffer - 0x133, outside the mapping"))
  }

  @Test func `a pointer without its high bits`() {
    let base: UInt64 = 0xFFFF_F880_0001_1000
    let picture = Synthetic.picture(base: base, returned: 0x123, used: 0x1_1123)
    #expect(
      drawing(picture, width: 100) == """
                           0xFFFFF88000011000  0xFFFFF88000012000  0xFFFFF88000013000  0xFFFFF88000014000
            pages   ~~~~~~~|..#################|###################|######.............|
         returned             ^ 0xFFFFF88000011123  first page + 0x123
        should be             ^ 0xFFFFF88000011123  the buffer's first byte
             used   X 0x0000000000011123  reads 1 byte, without the high 32 bits
                   # the buffer: 0x2345 bytes at byte offset 0x123 of 3 pages
        """
    )
  }

  @Test func `pages in which nothing happens are left out`() {
    let picture = MDLPicture(
      base: 0xE800_1000,
      pageCount: 300,
      byteOffset: 0x123,
      byteCount: 0x12_B000,
      returned: 0xE800_1123,
      used: 0xE800_1246,
      usedByteCount: 1,
      isWrite: false,
      expected: 0xE800_1123
    )
    let text = drawing(picture)
    #expect(text.contains("pages  |..################|##~##|##................|\n"))
    #expect(text.contains("of 300 pages"))
  }

  @Test(arguments: [0, 1, 0xFFF, 0x1000, 0x5000, 0xFFFF_FFFF, 1 << 62, Int.max])
  func `any numbers can be drawn`(number: Int) {
    for base in [0, 0xE800_1000, UInt64.max & ~0xFFF] {
      for count in [0, 1, 3, 1 << 40] {
        let picture = MDLPicture(
          base: base,
          pageCount: count,
          byteOffset: 0xFFF,
          byteCount: min(number, 1 << 40),
          returned: UInt64(number),
          used: .max - UInt64(number),
          usedByteCount: number,
          isWrite: true,
          expected: base &+ UInt64(number)
        )
        #expect(MDLDrawing(picture).lines(width: 60).count >= 6)
      }
    }
  }
}
