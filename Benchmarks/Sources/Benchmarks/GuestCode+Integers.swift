extension GuestCode {
  /// Two instructions that use registers only.
  static let integers2 = GuestCode(
    x64: """
      FF C9                          ; dec ecx
      75 FC                          ; jne +0x0
      C3                             ; ret
      """,
    x86: """
      8B 4C 24 04                    ; mov ecx, [esp + 4]
      49                             ; dec ecx
      75 FD                          ; jne +0x4
      C2 08 00                       ; ret 8
      """
  )

  /// Eight instructions that use registers only.
  static let integers8 = GuestCode(
    x64: """
      69 C0 93 01 00 01              ; imul eax, eax, 16777619
      31 C8                          ; xor eax, ecx
      C1 C0 05                       ; rol eax, 5
      01 C2                          ; add edx, eax
      31 D0                          ; xor eax, edx
      83 C0 03                       ; add eax, 3
      FF C9                          ; dec ecx
      75 EA                          ; jne +0x0
      C3                             ; ret
      """,
    x86: """
      8B 4C 24 04                    ; mov ecx, [esp + 4]
      69 C0 93 01 00 01              ; imul eax, eax, 16777619
      31 C8                          ; xor eax, ecx
      C1 C0 05                       ; rol eax, 5
      01 C2                          ; add edx, eax
      31 D0                          ; xor eax, edx
      83 C0 03                       ; add eax, 3
      49                             ; dec ecx
      75 EB                          ; jne +0x4
      C2 08 00                       ; ret 8
      """
  )

  /// Sixteen instructions that use registers only.
  static let integers16 = GuestCode(
    x64: """
      69 C0 93 01 00 01              ; imul eax, eax, 16777619
      31 C8                          ; xor eax, ecx
      C1 C0 05                       ; rol eax, 5
      01 C2                          ; add edx, eax
      31 D0                          ; xor eax, edx
      83 C0 03                       ; add eax, 3
      69 D2 93 01 00 01              ; imul edx, edx, 16777619
      31 CA                          ; xor edx, ecx
      C1 C2 07                       ; rol edx, 7
      01 D0                          ; add eax, edx
      31 C2                          ; xor edx, eax
      83 EA 09                       ; sub edx, 9
      C1 C8 03                       ; ror eax, 3
      01 C2                          ; add edx, eax
      FF C9                          ; dec ecx
      75 D3                          ; jne +0x0
      C3                             ; ret
      """,
    x86: """
      8B 4C 24 04                    ; mov ecx, [esp + 4]
      69 C0 93 01 00 01              ; imul eax, eax, 16777619
      31 C8                          ; xor eax, ecx
      C1 C0 05                       ; rol eax, 5
      01 C2                          ; add edx, eax
      31 D0                          ; xor eax, edx
      83 C0 03                       ; add eax, 3
      69 D2 93 01 00 01              ; imul edx, edx, 16777619
      31 CA                          ; xor edx, ecx
      C1 C2 07                       ; rol edx, 7
      01 D0                          ; add eax, edx
      31 C2                          ; xor edx, eax
      83 EA 09                       ; sub edx, 9
      C1 C8 03                       ; ror eax, 3
      01 C2                          ; add edx, eax
      49                             ; dec ecx
      75 D4                          ; jne +0x4
      C2 08 00                       ; ret 8
      """
  )
}
