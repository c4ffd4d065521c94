/// Loops over pages.
///
/// The parameters are a page to read and a page to write.
extension GuestCode {
  /// Reads a page by words: three instructions.
  static let load = GuestCode(
    x64: """
      4C 8B 12                       ; mov r10, [rdx]
      31 C0                          ; xor eax, eax
      41 B8 00 02 00 00              ; mov r8d, 512
      4B 03 44 C2 F8                 ; add rax, [r10 + 8*r8 - 8]
      41 FF C8                       ; dec r8d
      75 F6                          ; jne +0xb
      FF C9                          ; dec ecx
      75 EC                          ; jne +0x5
      C3                             ; ret
      """,
    x86: """
      53                             ; push ebx
      56                             ; push esi
      57                             ; push edi
      55                             ; push ebp
      8B 5C 24 14                    ; mov ebx, [esp + 20]
      8B 6C 24 18                    ; mov ebp, [esp + 24]
      8B 75 00                       ; mov esi, [ebp]
      B9 00 04 00 00                 ; mov ecx, 1024
      03 44 8E FC                    ; add eax, [esi + 4*ecx - 4]
      49                             ; dec ecx
      75 F9                          ; jne +0x14
      4B                             ; dec ebx
      75 F1                          ; jne +0xf
      5D                             ; pop ebp
      5F                             ; pop edi
      5E                             ; pop esi
      5B                             ; pop ebx
      C2 08 00                       ; ret 8
      """
  )

  /// Fills a page by words: three instructions.
  static let store = GuestCode(
    x64: """
      4C 8B 5A 08                    ; mov r11, [rdx + 8]
      41 B8 00 02 00 00              ; mov r8d, 512
      4F 89 44 C3 F8                 ; mov [r11 + 8*r8 - 8], r8
      41 FF C8                       ; dec r8d
      75 F6                          ; jne +0xa
      FF C9                          ; dec ecx
      75 EC                          ; jne +0x4
      C3                             ; ret
      """,
    x86: """
      53                             ; push ebx
      56                             ; push esi
      57                             ; push edi
      55                             ; push ebp
      8B 5C 24 14                    ; mov ebx, [esp + 20]
      8B 6C 24 18                    ; mov ebp, [esp + 24]
      8B 7D 04                       ; mov edi, [ebp + 4]
      B9 00 04 00 00                 ; mov ecx, 1024
      89 4C 8F FC                    ; mov [edi + 4*ecx - 4], ecx
      49                             ; dec ecx
      75 F9                          ; jne +0x14
      4B                             ; dec ebx
      75 F1                          ; jne +0xf
      5D                             ; pop ebp
      5F                             ; pop edi
      5E                             ; pop esi
      5B                             ; pop ebx
      C2 08 00                       ; ret 8
      """
  )

  /// Copies a page by words: four instructions.
  static let copy = GuestCode(
    x64: """
      4C 8B 12                       ; mov r10, [rdx]
      4C 8B 5A 08                    ; mov r11, [rdx + 8]
      41 B8 00 02 00 00              ; mov r8d, 512
      4B 8B 44 C2 F8                 ; mov rax, [r10 + 8*r8 - 8]
      4B 89 44 C3 F8                 ; mov [r11 + 8*r8 - 8], rax
      41 FF C8                       ; dec r8d
      75 F1                          ; jne +0xd
      FF C9                          ; dec ecx
      75 E7                          ; jne +0x7
      C3                             ; ret
      """,
    x86: """
      53                             ; push ebx
      56                             ; push esi
      57                             ; push edi
      55                             ; push ebp
      8B 5C 24 14                    ; mov ebx, [esp + 20]
      8B 6C 24 18                    ; mov ebp, [esp + 24]
      8B 75 00                       ; mov esi, [ebp]
      8B 7D 04                       ; mov edi, [ebp + 4]
      B9 00 04 00 00                 ; mov ecx, 1024
      8B 44 8E FC                    ; mov eax, [esi + 4*ecx - 4]
      89 44 8F FC                    ; mov [edi + 4*ecx - 4], eax
      49                             ; dec ecx
      75 F5                          ; jne +0x17
      4B                             ; dec ebx
      75 ED                          ; jne +0x12
      5D                             ; pop ebp
      5F                             ; pop edi
      5E                             ; pop esi
      5B                             ; pop ebx
      C2 08 00                       ; ret 8
      """
  )

  /// Copies a page by four words at a time: ten instructions.
  static let copy4 = GuestCode(
    x64: """
      4C 8B 12                       ; mov r10, [rdx]
      4C 8B 5A 08                    ; mov r11, [rdx + 8]
      41 B8 00 02 00 00              ; mov r8d, 512
      4B 8B 44 C2 F8                 ; mov rax, [r10 + 8*r8 - 8]
      4B 89 44 C3 F8                 ; mov [r11 + 8*r8 - 8], rax
      4B 8B 44 C2 F0                 ; mov rax, [r10 + 8*r8 - 16]
      4B 89 44 C3 F0                 ; mov [r11 + 8*r8 - 16], rax
      4B 8B 44 C2 E8                 ; mov rax, [r10 + 8*r8 - 24]
      4B 89 44 C3 E8                 ; mov [r11 + 8*r8 - 24], rax
      4B 8B 44 C2 E0                 ; mov rax, [r10 + 8*r8 - 32]
      4B 89 44 C3 E0                 ; mov [r11 + 8*r8 - 32], rax
      41 83 E8 04                    ; sub r8d, 4
      75 D2                          ; jne +0xd
      FF C9                          ; dec ecx
      75 C8                          ; jne +0x7
      C3                             ; ret
      """,
    x86: """
      53                             ; push ebx
      56                             ; push esi
      57                             ; push edi
      55                             ; push ebp
      8B 5C 24 14                    ; mov ebx, [esp + 20]
      8B 6C 24 18                    ; mov ebp, [esp + 24]
      8B 75 00                       ; mov esi, [ebp]
      8B 7D 04                       ; mov edi, [ebp + 4]
      B9 00 04 00 00                 ; mov ecx, 1024
      8B 44 8E FC                    ; mov eax, [esi + 4*ecx - 4]
      89 44 8F FC                    ; mov [edi + 4*ecx - 4], eax
      8B 44 8E F8                    ; mov eax, [esi + 4*ecx - 8]
      89 44 8F F8                    ; mov [edi + 4*ecx - 8], eax
      8B 44 8E F4                    ; mov eax, [esi + 4*ecx - 12]
      89 44 8F F4                    ; mov [edi + 4*ecx - 12], eax
      8B 44 8E F0                    ; mov eax, [esi + 4*ecx - 16]
      89 44 8F F0                    ; mov [edi + 4*ecx - 16], eax
      83 E9 04                       ; sub ecx, 4
      75 DB                          ; jne +0x17
      4B                             ; dec ebx
      75 D3                          ; jne +0x12
      5D                             ; pop ebp
      5F                             ; pop edi
      5E                             ; pop esi
      5B                             ; pop ebx
      C2 08 00                       ; ret 8
      """
  )

  /// Copies a page with one instruction.
  static let copyString = GuestCode(
    x64: """
      56                             ; push rsi
      57                             ; push rdi
      41 89 C8                       ; mov r8d, ecx
      4C 8B 12                       ; mov r10, [rdx]
      4C 8B 5A 08                    ; mov r11, [rdx + 8]
      4C 89 D6                       ; mov rsi, r10
      4C 89 DF                       ; mov rdi, r11
      B9 00 02 00 00                 ; mov ecx, 512
      F3 48 A5                       ; rep movsq [rdi], [rsi]
      41 FF C8                       ; dec r8d
      75 ED                          ; jne +0xc
      5F                             ; pop rdi
      5E                             ; pop rsi
      C3                             ; ret
      """,
    x86: """
      53                             ; push ebx
      56                             ; push esi
      57                             ; push edi
      55                             ; push ebp
      8B 5C 24 14                    ; mov ebx, [esp + 20]
      8B 6C 24 18                    ; mov ebp, [esp + 24]
      8B 75 00                       ; mov esi, [ebp]
      8B 7D 04                       ; mov edi, [ebp + 4]
      B9 00 04 00 00                 ; mov ecx, 1024
      F3 A5                          ; rep movsd [edi], [esi]
      4B                             ; dec ebx
      75 F0                          ; jne +0xc
      5D                             ; pop ebp
      5F                             ; pop edi
      5E                             ; pop esi
      5B                             ; pop ebx
      C2 08 00                       ; ret 8
      """
  )
}
