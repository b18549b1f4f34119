import { spawn } from 'node:child_process'

export type ShellSession = {
  /**
   * Runs lines as if they were pasted, and gives what they printed, on either stream.
   * @throws Error when a command of them fails, a variable of them is not set, or they take too long.
   */
  run(lines: string): Promise<string>
  /** All that was printed since the beginning, also by what runs on in the background. */
  printed(): string
  /** Ends the shell and whatever it has left running. */
  close(): void
}

const blockTimeoutMs = 60_000
const endMark = '--- end of the block:'

/** A bash that stays open, so that what one block sets the next one finds. */
export function openShellSession(options: { cwd: string; env: Record<string, string> }): ShellSession {
  const shell = spawn('bash', ['--noprofile', '--norc'], {
    ...options,
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  })
  let printed = ''
  let readTo = 0
  let told: () => void = () => undefined
  shell.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text
    told()
  })
  shell.once('close', () => told())
  shell.stdin.write(`exec 2>&1; set -E -u -o pipefail; failed=; trap 'failed=$BASH_COMMAND' ERR\n`)
  return {
    printed: () => printed,
    async run(lines) {
      // No command may read the lines that follow it, as one would from a terminal.
      shell.stdin.write(`{\n${lines}\n} < /dev/null\nprintf '\\n%s %q\\n' '${endMark}' "$failed"; failed=\n`)
      const deadline = Date.now() + blockTimeoutMs
      // In one line however many the command has (%q), because what runs in the background may print right behind it.
      const ended = new RegExp(`\n${endMark} (.*)\n`)
      for (;;) {
        const output = printed.slice(readTo)
        const end = output.match(ended)
        if (end !== null) {
          readTo += (end.index ?? 0) + end[0].length
          const said = output.slice(0, end.index)
          if (end[1] === "''") return said
          throw new Error(`This failed: ${end[1]}\n${said}`)
        }
        if (shell.exitCode !== null) throw new Error(`The shell ended (${shell.exitCode}).\n${output}`)
        if (Date.now() > deadline) throw new Error(`Not done after ${blockTimeoutMs / 1000} s:\n${lines}\n${output}`)
        await waitForNews(deadline)
      }
    },
    close() {
      try {
        process.kill(-(shell.pid ?? 0), 'SIGKILL')
      } catch {
        // It has ended, and what it started too.
      }
    },
  }

  function waitForNews(deadline: number): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(done, Math.max(0, deadline - Date.now()))
      told = () => {
        clearTimeout(timer)
        done()
      }
    })
  }
}
