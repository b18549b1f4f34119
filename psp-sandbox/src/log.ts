/** Writes one structured line. Callers pass route patterns, numbers and codes: never an address's secret, never a body. */
export type Log = (event: string, fields: Record<string, string | number | null>) => void

export const logToStdout: Log = (event, fields) => {
  process.stdout.write(
    `${JSON.stringify({ time: new Date().toISOString(), service: 'psp-sandbox', event, ...fields })}\n`,
  )
}
