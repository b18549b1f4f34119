import { DockerfileParser, ModifiableInstruction } from 'dockerfile-ast'

/** An instruction of a Dockerfile. */
export type Step = {
  keyword: string
  /** Counted from 1. */
  line: number
  /** `--from=build`; a mount is one of several of its name. */
  flags: { name: string; value: string }[]
  /** All after the flags, as it stands there, without the line's ends. */
  text: string
  /** The words of an instruction in JSON form; empty for one in a shell's. */
  words: string[]
}

export type Stage = {
  /** As later stages name it; '' for one without a name. */
  name: string
  /** An image, or the name of an earlier stage. */
  from: string
  line: number
  steps: Step[]
}

/** The instructions of a Dockerfile, in their order. */
export function readSteps(dockerfile: string): Step[] {
  return DockerfileParser.parse(dockerfile)
    .getInstructions()
    .map((instruction) => {
      const text = instruction.getArgumentsContent() ?? ''
      const flags = instruction instanceof ModifiableInstruction ? instruction.getFlags() : []
      return {
        keyword: instruction.getKeyword(),
        line: instruction.getRange().start.line + 1,
        flags: flags.map((flag) => ({ name: flag.getName(), value: flag.getValue() ?? '' })),
        text,
        words: readWords(text),
      }
    })
}

/** As an engine does: what is no list of strings in JSON is a line for a shell. */
function readWords(text: string): string[] {
  try {
    const words: unknown = JSON.parse(text)
    return Array.isArray(words) && words.every((word) => typeof word === 'string') ? words : []
  } catch {
    return []
  }
}

/** The stages of a Dockerfile; the last one becomes the image. */
export function readStages(steps: readonly Step[]): Stage[] {
  const stages: Stage[] = []
  for (const step of steps) {
    if (step.keyword === 'FROM') {
      const [from = '', , name = ''] = step.text.split(/\s+/)
      stages.push({ name, from, line: step.line, steps: [] })
    } else {
      stages.at(-1)?.steps.push(step)
    }
  }
  return stages
}
