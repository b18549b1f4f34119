/** How `fincore` ends, whatever the command. docs/cli.md is made from this table. */
export const exitCodes = {
  done: { code: 0, meaning: 'Done; of a check: nothing is wrong (warnings are allowed).' },
  found: {
    code: 1,
    meaning:
      'The check was made and found something: differences, a wrong PSP account, an audit log that is not whole, a deployment that needs mending, a webhook that was not taken.',
  },
  failed: {
    code: 2,
    meaning:
      'It could not be done: nothing answers, a file cannot be read, a setting is missing. The reason is on standard error.',
  },
  refused: {
    code: 3,
    meaning: 'FinCore refused it; standard error has the code of the problem and the id of the request.',
  },
  usage: { code: 64, meaning: 'The command line is wrong. Nothing was done.' },
  fault: {
    code: 70,
    meaning: 'A fault of `fincore` itself. What was done by then is done: look before you repeat it.',
  },
  interrupted: { code: 130, meaning: 'Ctrl-C, while it asked for a secret. Nothing was done.' },
} as const satisfies Record<string, { code: number; meaning: string }>

export type Ending = keyof typeof exitCodes
