// Macros that leave the function that uses them, as drivers keep them in headers: the checker does not see them.
#define EXIT_SUCCESS(length) \
    do { \
        Irp->IoStatus.Information = (length); \
        IoCompleteRequest(Irp, IO_NO_INCREMENT); \
        return STATUS_SUCCESS; \
    } while (0)
#define EXIT_FAILURE(length) \
    do { \
        Irp->IoStatus.Information = (length); \
        IoCompleteRequest(Irp, IO_NO_INCREMENT); \
        return STATUS_UNSUCCESSFUL; \
    } while (0)
#define RETURN_IF_NULL(pointer) \
    do { \
        if ((pointer) == NULL) \
            return STATUS_INSUFFICIENT_RESOURCES; \
    } while (0)
#define CHECK_THAT(condition) \
    do { \
        if (!(condition)) \
            return STATUS_UNSUCCESSFUL; \
    } while (0)
#define TRACE_EXIT() DbgPrint("leaving\n")
#define LOG_ERROR(text) DbgPrint("%s\n", text)
