extension WordTable {
  /// The words of each meaning.
  ///
  /// The calling conventions and annotations are those of the Windows headers and of the compilers that
  /// drivers were built with.
  static let vocabulary: [(Word, String)] = [
    (
      .control,
      """
      if else while for do switch case default return goto break continue sizeof throw new delete
      catch alignas _Alignas _Atomic alignof _Alignof typeof __typeof__ decltype static_assert _Static_assert
      """
    ),
    (.aggregate, "struct union class __interface"),
    (.enumeration, "enum"),
    (.namespace, "namespace"),
    (.extern, "extern"),
    (.template, "template"),
    (.operatorName, "operator"),
    (.access, "public private protected"),
    (
      .keyword,
      """
      const volatile unsigned signed long short int char void float double bool wchar_t auto
      mutable noexcept override final this
      and or not xor bitand bitor compl and_eq or_eq xor_eq not_eq __int64 __int32 __int16 __int8
      """
    ),
    (
      .specifier,
      "static inline register typedef virtual explicit friend constexpr typename using"
    ),
    (
      .annotation,
      """
      __declspec _declspec __attribute__ __attribute __pragma _Pragma __based __success
      __bcount __bcount_opt __ecount __ecount_opt __deref __range __allowed __typefix __format_string
      __exceptthat __when __at __inexpressible_readableTo __inexpressible_writableTo
      __checkReturn __reserved __in __out __inout __nullterminated __nullnullterminated
      __notnull __maybenull __null __valid __notvalid __callback __fallthrough __override
      __analysis_noreturn __control_entrypoint __kernel_entry __encoded_pointer __possibly_notnullterminated
      __refparam __notreadonly __readonly __checkOverride __transfer __post __pre __requires_lock_held
      __blocksOn __data_entrypoint __analysis_hint __callback_dispatch
      __range_opt __readableTo __writableTo __byte_readableTo __byte_writableTo __acquires __releases
      __annotation IRQL_requires_max DRIVER_DISPATCH_PAGED
      __printf_format __format_printf
      __in_opt __out_opt __inout_opt
      """
    ),
    (
      .qualifier,
      """
      NTAPI EFIAPI WINAPI CALLBACK APIENTRY STDCALL FASTCALL CDECL DDKAPI DDKFASTAPI DDKCDECLAPI WINAPIV
      STDMETHODCALLTYPE STDAPICALLTYPE STDAPIVCALLTYPE PASCAL __stdcall _stdcall __cdecl _cdecl
      __fastcall _fastcall __thiscall _thiscall __vectorcall __clrcall __pascal _pascal __cdecl__ __stdcall__
      NTHALAPI NTKERNELAPI NTSYSAPI NTSYSCALLAPI HALAPI WINBASEAPI WINADVAPI FLTAPI KSDDKAPI PSHEDAPI
      NTOSAPI NTOSKRNELAPI KERNELAPI DLLEXPORT DLLIMPORT STORPORT_API SCSIPORT_API VIDEOPORT_API
      XPFKERNELAPI _CRTIMP NDISAPI EXPORT_API
      FORCEINLINE CFORCEINLINE FORCE_INLINE INLINE __inline _inline __inline__ __forceinline _forceinline
      __always_inline STATIC NOINLINE NO_INLINE EXTERN_C EXTERN_C_START EXTERN_C_END
      __unaligned _unaligned UNALIGNED UNALIGNED64 POINTER_32 POINTER_64 POINTER_SIGNED POINTER_UNSIGNED
      __ptr32 __ptr64 __sptr __uptr __w64 _w64 __restrict __restrict__ restrict RESTRICTED_POINTER
      RESTRICT CONST VOLATILE __const __const__ __volatile __extension__ __signed __signed__ FAR NEAR
      __far _far __near _near __huge _huge __export _export __loadds _loadds __saveregs __interrupt
      __noinline __volatile__
      NORETURN NO_RETURN __noreturn DECLSPEC_NORETURN MUST_CHECK
      __drv_inTry __BEGIN_DECLS __END_DECLS
      BEGIN_DECLS END_DECLS __CDECL __STDCALL __FASTCALL
      """
    ),
    (.direction, "IN OUT INOUT IN_OUT"),
    (.optional, "OPTIONAL"),
    (.distance, "far near huge pascal cdecl interrupt"),
    (
      .storage,
      "PUBLIC PRIVATE LOCAL GLOBAL EXTERN INTERNAL EXPORT IMPORT EXTERNAL PROTECTED DLL_EXPORT DllExport"
    ),
    (.asm, "__asm _asm"),
    (.gnuAsm, "asm __asm__"),
    (.wrapper, "_SEH2_YIELD _SEH_YIELD"),
    (.tryWord, "__try _try _SEH2_TRY _SEH_TRY __TRY"),
    (.exceptWord, "__except _except _SEH2_EXCEPT _SEH_EXCEPT __EXCEPT"),
    (.finallyWord, "__finally _finally _SEH2_FINALLY _SEH_FINALLY __FINALLY"),
    (.plainTry, "try TRY SEH_TRY"),
    (.plainExcept, "except EXCEPT SEH_EXCEPT"),
    (.plainFinally, "finally FINALLY SEH_FINALLY"),
    (.handle, "_SEH_HANDLE _SEH2_HANDLE __EXCEPT_PAGE_FAULT __EXCEPT_ALL"),
    (.endOfTry, "_SEH2_END _SEH_END __ENDTRY __TRY_END"),
  ]
}
