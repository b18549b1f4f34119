import { validate } from 'dockerfile-utils'
import { readStages, readSteps, type Stage, type Step } from './read-dockerfile.ts'

/** What is wrong, and in which line, counted from 1. */
export type Finding = { rule: string; line: number; text: string }

type Dockerfile = { steps: readonly Step[]; stages: readonly Stage[]; last: readonly Step[] }
type Rule = { name: string; why: string; find(file: Dockerfile): { line: number }[] }

// Whole words between underscores: `API_KEY`, but not `MONKEY`.
const secretName = /(^|[_ ])(KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?|DATABASE_URL)(_|=|$)/i
const mustStandOnce = ['USER', 'HEALTHCHECK', 'STOPSIGNAL', 'ENTRYPOINT', 'LABEL']
const makesFiles = ['RUN', 'COPY', 'ADD', 'WORKDIR']

/** Beside what dockerfile-utils finds, which is about the language. Each is broken once in dockerfile-rules.test.ts. */
export const dockerfileRules = [
  {
    name: 'digest-pinned',
    why: 'a base image is named by its digest: what a tag means changes',
    find: ({ stages }) => bases(stages).filter(({ from }) => !/^[^@]+:[^@]+@sha256:[0-9a-f]{64}$/.test(from)),
  },
  {
    name: 'one-base',
    why: 'all stages have one base: what was built on another may not run on this',
    find: ({ stages }) => bases(stages).filter(({ from }, _index, [first]) => from !== first?.from),
  },
  {
    name: 'complete',
    why: `the last stage has each of ${mustStandOnce.join(', ')} exactly once`,
    find: ({ last, stages }) => {
      const isOnce = (keyword: string) => last.filter((step) => step.keyword === keyword).length === 1
      return mustStandOnce.every(isOnce) ? [] : [{ line: stages.at(-1)?.line ?? 1 }]
    },
  },
  {
    name: 'unprivileged',
    why: 'USER is the number of a user and of a group, and not root',
    find: ({ steps }) => steps.filter(is('USER')).filter(({ text }) => !/^[1-9]\d{3,}:[1-9]\d{3,}$/.test(text)),
  },
  {
    name: 'root-owns-all',
    why: 'what is made stays root’s, so that a process cannot change its own code',
    find: ({ steps, last }) => [
      ...steps.filter(({ flags }) => flags.some(({ name }) => name === 'chown' || name === 'chmod')),
      ...last
        .slice(last.findIndex(is('USER')))
        .filter(is(...makesFiles))
        .filter(() => last.some(is('USER'))),
    ],
  },
  {
    name: 'no-add',
    why: 'ADD fetches and unpacks what nobody has looked at; COPY takes what is here',
    find: ({ steps }) => steps.filter(is('ADD')),
  },
  {
    name: 'no-secret',
    why: 'an image can be read by whoever may pull it: no secret stands in it, and none is an argument of its build',
    find: ({ steps }) => steps.filter(is('ENV', 'ARG', 'LABEL')).filter(({ text }) => secretName.test(text)),
  },
  {
    name: 'json-form',
    why: 'a shell between would not pass signals on',
    find: ({ steps }) => steps.filter(is('ENTRYPOINT', 'CMD')).filter(({ words }) => words.length === 0),
  },
  {
    name: 'locked-install',
    why: 'only `npm ci` installs, without scripts: all else is another thing at each build',
    find: ({ steps }) =>
      steps
        .filter(is('RUN'))
        .map(({ line, text, words }) => ({ line, command: words.length > 0 ? words.join(' ') : text }))
        .filter(
          ({ command }) =>
            /\bnpm (i|install|update|add|exec)\b|\bnpx \w|\b(curl|wget|apt|apt-get) |\bcorepack (enable|prepare|use|install)/.test(
              command,
            ) ||
            (/\bnpm ci\b/.test(command) && !command.includes('--ignore-scripts')),
        ),
  },
] satisfies readonly Rule[]

const is =
  (...keywords: string[]) =>
  ({ keyword }: Step) =>
    keywords.includes(keyword)

function bases(stages: readonly Stage[]): Stage[] {
  const names = stages.map(({ name }) => name)
  return stages.filter(({ from }) => !names.includes(from))
}

/** Everything that is wrong with a Dockerfile: by dockerfile-utils, and by our own rules. */
export function lintDockerfile(text: string): Finding[] {
  const language = validate(text).map(({ range, message }) => ({
    rule: 'dockerfile-utils',
    line: range.start.line + 1,
    text: typeof message === 'string' ? message : message.value,
  }))
  const steps = readSteps(text)
  const stages = readStages(steps)
  const file = { steps, stages, last: stages.at(-1)?.steps ?? [] }
  const own = dockerfileRules.flatMap(({ name, why, find }) =>
    find(file).map(({ line }) => ({ rule: name, line, text: why })),
  )
  return [...language, ...own]
}
