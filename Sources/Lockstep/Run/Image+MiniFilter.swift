internal import PortableExecutable

extension Image {
  /// Whether the image registers with the filter manager, and so has instances in the registry.
  var isMiniFilter: Bool {
    imports.contains { module in
      module.name.lowercased() == "fltmgr.sys"
        && module.imports.contains { $0.name == "FltRegisterFilter" }
    }
  }
}
