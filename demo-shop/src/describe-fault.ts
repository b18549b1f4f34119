/**
 * What may be said of a fault: its name, and the files and lines of its first frames. Its message could quote what a
 * shopper typed; a stack begins with the message, so only what has the form of a frame of ours is taken of it.
 */
export function describeFault(error: unknown): { name: string; where: string[] } {
  if (!(error instanceof Error)) return { name: typeof error, where: [] }
  const frames = [...(error.stack ?? '').matchAll(/^ +at .*?([a-z-]+\/[a-z.-]+\.ts:\d{1,5}):\d{1,5}\)?$/gm)]
  return { name: error.name, where: frames.slice(0, 4).map(([, place = '']) => place) }
}
