/** What a command can see and touch of the process that it runs in. Tests give it their own. */
export type Surroundings = {
  env: Readonly<Record<string, string | undefined>>
  /** The working directory. */
  cwd: string
  stdin: Input
  stdout: Output
  stderr: Output
  /** Calls the listener when the user wants it to end (Ctrl-C); answers with what takes the listener away again. */
  onInterrupt(listener: () => void): () => void
}

export type Output = {
  write(chunk: string | Uint8Array): unknown
  once?(event: 'drain', listener: () => void): unknown
  isTTY?: boolean
  columns?: number
}
export type Input = Pick<NodeJS.ReadableStream, 'on' | 'off' | 'pause' | 'resume'> & {
  isTTY?: boolean
  setRawMode?(isRaw: boolean): unknown
}

/** What is told aside: progress, and what a program that reads the output need not know. */
export function note({ stderr }: Surroundings, text: string): void {
  stderr.write(`${text}\n`)
}

export function say({ stdout }: Surroundings, text: string): void {
  stdout.write(`${text}\n`)
}

/** Text in a colour, on a terminal whose user has not asked for none (https://no-color.org). */
export function paint({ env, stdout }: Surroundings, colour: 'red' | 'yellow' | 'green' | 'dim', text: string): string {
  const isWanted = stdout.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb'
  return isWanted ? `\x1b[${colours[colour]}m${text}\x1b[0m` : text
}
const colours = { red: 31, yellow: 33, green: 32, dim: 2 } as const
