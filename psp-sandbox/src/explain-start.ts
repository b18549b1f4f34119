/** In one line, why the sandbox does not start, and which setting to change. Of a system's error, only its code is told. */
export function explainStart(error: unknown): string {
  if (!(error instanceof Error)) return 'psp-sandbox cannot start, for an unknown reason.'
  const { code = '', syscall, port, message } = error as NodeJS.ErrnoException & { port?: number }
  if (syscall === 'listen') {
    const why = code === 'EADDRINUSE' ? 'something listens there already; stop it, or choose another' : code
    return `psp-sandbox cannot start: port ${port} of SANDBOX_PAGES_PORT and SANDBOX_API_PORT cannot be used: ${why}.`
  }
  if (syscall !== undefined || code === 'ERR_SQLITE_ERROR')
    return `psp-sandbox cannot start: SANDBOX_DATA_DIR cannot be used (${code}); name a folder that this process may write.`
  return message
}
