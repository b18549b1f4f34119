import { examplesOf } from '@fincore/payment-service/cli/action'
import { environmentSettings } from '@fincore/payment-service/cli/connection'
import { doctorFindings, type FindingRow } from '@fincore/payment-service/cli/doctor/findings'
import { exitCodes } from '@fincore/payment-service/cli/exit-codes'
import { createProgram } from '@fincore/payment-service/cli/program'
import { table } from './doc-page.ts'

type Program = ReturnType<typeof createProgram>

/** The page about `fincore`, made from its tree of commands and its tables. */
export function describeCommandLine(): string {
  const silent = { write: () => true }
  const io = { env: {}, cwd: '/', stdin: process.stdin, stdout: silent, stderr: silent, onInterrupt: () => () => {} }
  const program = createProgram({ io, ending: 'done' })
  const leaves = listLeaves(program, [])
  return prose
    .replace('{{exits}}', () => table(['Code', 'Meaning'], exitRows()))
    .replace('{{settings}}', () => table(['Setting', 'Meaning'], rowsOf(environmentSettings)))
    .replace('{{overview}}', () => table(['Command', 'What it does'], leaves.map(overviewRow)))
    .replace('{{global}}', () => optionTable(program))
    .replace('{{findings}}', () => table(['Code', 'About', 'Result', 'What it means', 'What you do'], findingRows()))
    .replace('{{commands}}', () => leaves.map(describeCommand).join('\n\n'))
}

type Leaf = { name: string; command: Program['commands'][number] }

function listLeaves(command: Leaf['command'], words: readonly string[]): Leaf[] {
  return command.commands.flatMap((one) => {
    const path = [...words, one.name()]
    return one.commands.length === 0 ? [{ name: path.join(' '), command: one }] : listLeaves(one, path)
  })
}

function overviewRow({ name, command }: Leaf): string[] {
  const [sentence = ''] = command.description().split(/(?<=[.:]) /)
  return [`[\`fincore ${name}\`](#fincore-${name.replaceAll(' ', '-')})`, sentence.replace(/:$/, '.')]
}

function describeCommand({ name, command }: Leaf): string {
  const operands = command.registeredArguments.map((one) => ` <${one.name()}>`).join('')
  return [
    `### fincore ${name}`,
    '',
    `\`fincore ${name}${operands}\`: ${command.description()}`,
    '',
    ...(command.options.length === 0 ? [] : [optionTable(command), '']),
    '```sh',
    ...examplesOf(command),
    '```',
  ].join('\n')
}

function optionTable({ options }: Pick<Program, 'options'>): string {
  const rows = options.map(({ flags, description, mandatory, argChoices, defaultValue, envVar }) => {
    const notes = [
      ...(mandatory ? ['needed'] : []),
      ...(argChoices === undefined ? [] : [argChoices.join(', ')]),
      ...(typeof defaultValue === 'string' || typeof defaultValue === 'number' ? [`${defaultValue} without it`] : []),
      ...(envVar === undefined ? [] : [`or \`${envVar}\``]),
    ]
    return [`\`${flags}\``, description, notes.join('; ')]
  })
  return table(['Option', 'Meaning', ''], rows)
}

function exitRows(): string[][] {
  return Object.values(exitCodes).map(({ code, meaning }) => [String(code), meaning])
}

function findingRows(): string[][] {
  return Object.entries<FindingRow>(doctorFindings).map(([code, { about, result, meaning, todo }]) => [
    `\`${code}\``,
    about,
    result,
    meaning,
    todo ?? '',
  ])
}

function rowsOf(words: Readonly<Record<string, string>>): string[][] {
  return Object.entries(words).map(([name, meaning]) => [`\`${name}\``, meaning])
}

const prose = `\`fincore\` is for operators, who bring merchants on board and look after a deployment, and for merchants’ developers, who try what they build. From FinCore’s folder it is \`npm run --silent fincore -- …\`; here it is written \`fincore\`.

{{overview}}

## Which FinCore

\`fincore login\` makes a **profile**: an address and an operator’s token, or a merchant’s secret key, or both. It is asked for on the terminal and not shown; \`--token-stdin\` and the environment are for programs. A secret never stands on the command line, where every user of the machine can read it, and is never printed; only a new key, and a new webhook secret, is shown, once. Profiles are in \`$XDG_CONFIG_HOME/fincore/profiles.json\` (\`~/.config\` without the setting), which you alone can read; a file that others can read is not used.

A command takes the profile that \`--profile\` names; else, of those that have the secret which it needs, what the environment describes, the profile in use, or, in a folder in which \`npm start\` ran, the development FinCore; it says so. There \`--as bob\` acts as the second operator. A secret is sent to the address that it came with and to no other, over TLS, or to this machine.

{{settings}}

## Every command

{{global}}

People get tables, which fit their terminal; programs ask for \`--json\`: one object, or one object in each line for a list. Field names are those of the API. What is told beside the result, and every failure, is on standard error: what happened, why, what to do next, and for a refusal its code and request. With \`--json\` a failure is one object there too, \`{"object": "error", "ending", "message", "detail", "next", "code", "status", "param", "request_id"}\`. There is no colour where the output is no terminal, or with \`NO_COLOR\`.

{{exits}}

\`fincore completion bash\`, \`zsh\` or \`fish\` writes a script that completes commands, options and their words.

## A merchant from nothing to three flows

Each operator signs in once, with their own profile:

\`\`\`sh
fincore login --profile alice --admin-url https://admin.pay.example.com
fincore merchants create --name "Aske Stoneware"
fincore psp add --merchant mer_… --psp stripe --name Main       # asks for the credentials
fincore psp check --merchant mer_…                              # after the PSP was told of the webhook address
fincore keys create --merchant mer_… --key-file key.txt
fincore keys create --merchant mer_… --kind publishable
fincore webhooks create --merchant mer_… --url https://shop.example/webhooks --secret-file whsec.txt
\`\`\`

That is all for the hosted redirect and the client-side SDK. To send cards the merchant needs a raw-card grant, which one operator asks for and another approves, each with the evidence before them, and a key with the scope:

\`\`\`sh
fincore raw-card request --merchant mer_… --evidence-kind saq_d --evidence-file saq-d.pdf --evidence-reference "SAQ D of 2026, archive 17/4" \\
  --evidence-date 2026-01-15 --valid-until 2026-12-31 --address-range 203.0.113.0/28 --certificate client.pem
fincore raw-card approve grant_… --merchant mer_… --evidence-file saq-d.pdf --profile bob
fincore keys create --merchant mer_… --scope read charges:write charges:raw_card --key-file raw-card-key.txt
\`\`\`

The first operators are a setting, \`BOOTSTRAP_OPERATORS\`; they let others in with \`fincore operators\` ([keys](keys.md#operators)).

## Events on a developer’s machine

\`\`\`sh
fincore login --profile shop --api-url https://sandbox.pay.example.com
fincore webhooks listen --forward-to http://localhost:3000/webhooks
\`\`\`

It asks for new events every second and posts each to the local server, with the headers and the signature of a webhook, one after the other. The secret is made for this machine, shown once and kept beside the profiles; \`--new-secret\` makes another. What was not taken is shown and not sent again: \`fincore events resend evt_… --forward-to …\` does that. It takes a test key alone.

## What \`fincore doctor\` can find

{{findings}}

## The commands one by one

{{commands}}
`
