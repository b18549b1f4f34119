/** A settlement file that cannot be relied on. The message names the line, and quotes nothing of it. */
export class SettlementFileError extends Error {
  constructor(line: number, why: string) {
    super(`The settlement file cannot be relied on: line ${line} ${why}.`)
    this.name = 'SettlementFileError'
  }
}
