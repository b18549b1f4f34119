/**
 * What may be logged of an exception: its name, its code, and the places of its first frames. Its message may quote what
 * was sent, so of the stack, which begins with the message, only what has the form of a frame of ours is taken.
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  const code = 'code' in error && /^(?!.*\d{6})\w{1,64}$/.test(String(error.code)) ? ` ${String(error.code)}` : ''
  const frames = [...(error.stack ?? '').matchAll(/^ +at .*?([a-z-]+\/[a-z.-]+\.ts:\d{1,5}):\d{1,5}\)?$/gm)]
  return `${error.name}${code}${frames
    .slice(0, 4)
    .map(([, place]) => ` < ${place}`)
    .join('')}`
}

/** Writes one structured line. Callers pass route patterns, numbers and codes: never an address's secret, never a body. */
export type Log = (event: string, fields: Record<string, string | number | null>) => void

export function logToStdout(service: string): Log {
  return (event, fields) =>
    process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), service, event, ...fields })}\n`)
}
