extension String {
  /// Creates text from a file's bytes that is safe to print: whatever is not printable becomes
  /// `\xNN` (bytes that are not UTF-8) or `\u{NN}` (control and formatting characters).
  ///
  /// Names in images are ASCII (Microsoft PE/COFF specification); paths of PDB files are UTF-8.
  init(escaping bytes: ArraySlice<UInt8>) {
    if bytes.allSatisfy({ 0x20...0x7E ~= $0 }) {
      self.init(decoding: bytes, as: UTF8.self)
      return
    }
    self = ""
    guard let text = String(validating: bytes, as: UTF8.self) else {
      for byte in bytes {
        if 0x20...0x7E ~= byte {
          unicodeScalars.append(Unicode.Scalar(byte))
        } else {
          self += "\\x" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }
      }
      return
    }
    for scalar in text.unicodeScalars {
      if scalar.isPrintable {
        unicodeScalars.append(scalar)
      } else {
        self += "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
      }
    }
  }
}

extension Unicode.Scalar {
  fileprivate var isPrintable: Bool {
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator:
      false
    default:
      true
    }
  }
}
