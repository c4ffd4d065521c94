internal import PortableExecutable

/// A driver whose file is on the machine's disk, whether or not it is loaded.
struct AvailableDriver {
  /// The name of its file.
  let name: String
  /// The name that the file has where the driver is installed.
  let installedName: String
  let image: Image

  /// The name of its service: that of its file without `.sys`.
  var service: String { String(installedName.prefix { $0 != "." }) }

  /// Whether the name of a file means this one.
  func isFile(_ file: String) -> Bool {
    let file = file.lowercased()
    return name.lowercased() == file || installedName.lowercased() == file
  }

  /// Whether imports from a module mean this driver.
  func isModule(_ module: String) -> Bool {
    isFile(module) || image.exports?.moduleName.lowercased() == module.lowercased()
  }
}

extension Image {
  /// The name that the image's file has where the driver is installed.
  ///
  /// A copy keeps the beginning of its name: `driver-x64.sys` is installed as `driver.sys`, if that is
  /// what its version resource says.
  ///
  /// - Parameter name: The name that the file has here.
  /// - Returns: The name in the version resource, or the same name.
  func installedName(of name: String) -> String {
    guard let original = originalFileName, original.lowercased().hasSuffix(".sys"),
      !original.contains(where: { "\\/:".contains($0) }),
      name.lowercased().hasPrefix(original.lowercased().dropLast(4))
    else { return name }
    return original
  }
}
