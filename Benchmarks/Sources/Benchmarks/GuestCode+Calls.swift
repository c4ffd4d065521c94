extension GuestCode {
  /// Calls a routine with two arguments.
  ///
  /// The parameters are the routine and its arguments.
  static let callWithTwoArguments = GuestCode(
    calling: [8],
    x64: """
      53                             ; push rbx
      56                             ; push rsi
      57                             ; push rdi
      55                             ; push rbp
      41 54                          ; push r12
      48 83 EC 30                    ; sub rsp, 48
      89 CB                          ; mov ebx, ecx
      48 89 D5                       ; mov rbp, rdx
      4C 8B 65 00                    ; mov r12, [rbp]
      48 8B 75 08                    ; mov rsi, [rbp + 8]
      48 8B 7D 10                    ; mov rdi, [rbp + 16]
      48 89 F1                       ; mov rcx, rsi
      48 89 FA                       ; mov rdx, rdi
      41 FF D4                       ; call r12
      FF CB                          ; dec ebx
      75 F3                          ; jne +0x1b
      48 83 C4 30                    ; add rsp, 48
      41 5C                          ; pop r12
      5D                             ; pop rbp
      5F                             ; pop rdi
      5E                             ; pop rsi
      5B                             ; pop rbx
      C3                             ; ret
      """,
    x86: """
      53                             ; push ebx
      56                             ; push esi
      57                             ; push edi
      55                             ; push ebp
      8B 5C 24 14                    ; mov ebx, [esp + 20]
      8B 6C 24 18                    ; mov ebp, [esp + 24]
      8B 75 04                       ; mov esi, [ebp + 4]
      8B 7D 08                       ; mov edi, [ebp + 8]
      57                             ; push edi
      56                             ; push esi
      FF 55 00                       ; call [ebp]
      4B                             ; dec ebx
      75 F8                          ; jne +0x12
      5D                             ; pop ebp
      5F                             ; pop edi
      5E                             ; pop esi
      5B                             ; pop ebx
      C2 08 00                       ; ret 8
      """
  )

  /// Calls a routine with three arguments, and another with what it returns.
  ///
  /// The parameters are the two routines and the arguments.
  static let allocateAndFree = GuestCode(
    calling: [12, 4],
    x64: """
      53                             ; push rbx
      56                             ; push rsi
      57                             ; push rdi
      55                             ; push rbp
      41 54                          ; push r12
      48 83 EC 30                    ; sub rsp, 48
      89 CB                          ; mov ebx, ecx
      48 89 D5                       ; mov rbp, rdx
      48 8B 75 00                    ; mov rsi, [rbp]
      48 8B 7D 08                    ; mov rdi, [rbp + 8]
      8B 4D 10                       ; mov ecx, [rbp + 16]
      8B 55 18                       ; mov edx, [rbp + 24]
      44 8B 45 20                    ; mov r8d, [rbp + 32]
      FF D6                          ; call rsi
      48 89 C1                       ; mov rcx, rax
      FF D7                          ; call rdi
      FF CB                          ; dec ebx
      75 EB                          ; jne +0x17
      48 83 C4 30                    ; add rsp, 48
      41 5C                          ; pop r12
      5D                             ; pop rbp
      5F                             ; pop rdi
      5E                             ; pop rsi
      5B                             ; pop rbx
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
      FF 75 10                       ; push [ebp + 16]
      FF 75 0C                       ; push [ebp + 12]
      FF 75 08                       ; push [ebp + 8]
      FF D6                          ; call esi
      50                             ; push eax
      FF D7                          ; call edi
      4B                             ; dec ebx
      75 EF                          ; jne +0x12
      5D                             ; pop ebp
      5F                             ; pop edi
      5E                             ; pop esi
      5B                             ; pop ebx
      C2 08 00                       ; ret 8
      """
  )

  /// Maps an MDL for kernel mode and unmaps it.
  ///
  /// The parameters are the two routines and the MDL.
  static let mapAndUnmap = GuestCode(
    calling: [8, 8],
    x64: """
      53                             ; push rbx
      56                             ; push rsi
      57                             ; push rdi
      55                             ; push rbp
      41 54                          ; push r12
      48 83 EC 30                    ; sub rsp, 48
      89 CB                          ; mov ebx, ecx
      48 89 D5                       ; mov rbp, rdx
      48 8B 75 00                    ; mov rsi, [rbp]
      48 8B 7D 08                    ; mov rdi, [rbp + 8]
      4C 8B 65 10                    ; mov r12, [rbp + 16]
      4C 89 E1                       ; mov rcx, r12
      31 D2                          ; xor edx, edx
      FF D6                          ; call rsi
      48 89 C1                       ; mov rcx, rax
      4C 89 E2                       ; mov rdx, r12
      FF D7                          ; call rdi
      FF CB                          ; dec ebx
      75 ED                          ; jne +0x1b
      48 83 C4 30                    ; add rsp, 48
      41 5C                          ; pop r12
      5D                             ; pop rbp
      5F                             ; pop rdi
      5E                             ; pop rsi
      5B                             ; pop rbx
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
      6A 00                          ; push 0
      FF 75 08                       ; push [ebp + 8]
      FF D6                          ; call esi
      FF 75 08                       ; push [ebp + 8]
      50                             ; push eax
      FF D7                          ; call edi
      4B                             ; dec ebx
      75 F0                          ; jne +0x12
      5D                             ; pop ebp
      5F                             ; pop edi
      5E                             ; pop esi
      5B                             ; pop ebx
      C2 08 00                       ; ret 8
      """
  )
}
