import GuestABI

extension RuntimeLibrary {
  var narrowStringExports: [Export] {
    let strings = CStrings<UInt8>(memory: memory)
    return [
      export("strlen", .cdecl, to: strings.length(of:)),
      export("strnlen", .cdecl, to: strings.length(of:atMost:)),
      export("strcpy", .cdecl, to: strings.copy(to:from:)),
      export("strncpy", .cdecl, to: strings.copy(to:from:count:)),
      export("strcat", .cdecl, to: strings.append(to:_:)),
      export("strncat", .cdecl, to: strings.append(to:_:atMost:)),
      export("strcmp", .cdecl) { try strings.order($0, $1) },
      export("strncmp", .cdecl, to: strings.order(_:_:atMost:)),
      export("_stricmp", .cdecl, to: strings.caseInsensitiveOrder("_stricmp")),
      export("_strnicmp", .cdecl, to: strings.limitedCaseInsensitiveOrder("_strnicmp")),
      export("_strlwr", .cdecl, to: strings.downcase("_strlwr")),
      export("_strupr", .cdecl, to: strings.upcase("_strupr")),
      export("_strset", .cdecl, to: strings.set(_:to:)),
      export("_strnset", .cdecl) { (string: VirtualAddress, unit: UInt8, limit: GuestWord) in
        try strings.set(string, to: unit, atMost: limit)
      },
      export("_strrev", .cdecl, to: strings.reverse(_:)),
      export("strchr", .cdecl) { try strings.firstIndex(of: $1, in: $0) },
      export("strrchr", .cdecl) { try strings.lastIndex(of: $1, in: $0) },
      export("strstr", .cdecl) { try strings.firstRange(of: $1, in: $0) },
      export("strspn", .cdecl) { try strings.span($0, $1, while: true) },
    ]
  }

  var wideStringExports: [Export] {
    let strings = CStrings<UInt16>(memory: memory)
    return [
      export("wcslen", .cdecl, to: strings.length(of:)),
      export("wcsnlen", .cdecl, to: strings.length(of:atMost:)),
      export("wcscpy", .cdecl, to: strings.copy(to:from:)),
      export("wcsncpy", .cdecl, to: strings.copy(to:from:count:)),
      export("wcscat", .cdecl, to: strings.append(to:_:)),
      export("wcsncat", .cdecl, to: strings.append(to:_:atMost:)),
      export("wcscmp", .cdecl) { try strings.order($0, $1) },
      export("wcsncmp", .cdecl, to: strings.order(_:_:atMost:)),
      export("_wcsicmp", .cdecl, to: strings.caseInsensitiveOrder("_wcsicmp")),
      export("_wcsnicmp", .cdecl, to: strings.limitedCaseInsensitiveOrder("_wcsnicmp")),
      export("_wcslwr", .cdecl, to: strings.downcase("_wcslwr")),
      export("_wcsupr", .cdecl, to: strings.upcase("_wcsupr")),
      export("_wcsnset", .cdecl) { (string: VirtualAddress, unit: UInt16, limit: GuestWord) in
        try strings.set(string, to: unit, atMost: limit)
      },
      export("_wcsrev", .cdecl, to: strings.reverse(_:)),
      export("wcschr", .cdecl) { try strings.firstIndex(of: $1, in: $0) },
      export("wcsrchr", .cdecl) { try strings.lastIndex(of: $1, in: $0) },
      export("wcsstr", .cdecl) { try strings.firstRange(of: $1, in: $0) },
      export("wcsspn", .cdecl) { try strings.span($0, $1, while: true) },
      export("wcscspn", .cdecl) { try strings.span($0, $1, while: false) },
    ]
  }

  var secureStringExports: [Export] {
    let narrow = CStrings<UInt8>(memory: memory)
    let wide = CStrings<UInt16>(memory: memory)
    return [
      export("strcpy_s", .cdecl, to: narrow.secureCopy("strcpy_s", appends: false)),
      export("strcat_s", .cdecl, to: narrow.secureCopy("strcat_s", appends: true)),
      export("strncpy_s", .cdecl, to: narrow.limitedSecureCopy("strncpy_s", appends: false)),
      export("strncat_s", .cdecl, to: narrow.limitedSecureCopy("strncat_s", appends: true)),
      export("wcscpy_s", .cdecl, to: wide.secureCopy("wcscpy_s", appends: false)),
      export("wcscat_s", .cdecl, to: wide.secureCopy("wcscat_s", appends: true)),
      export("wcsncpy_s", .cdecl, to: wide.limitedSecureCopy("wcsncpy_s", appends: false)),
      export("wcsncat_s", .cdecl, to: wide.limitedSecureCopy("wcsncat_s", appends: true)),
    ]
  }
}
