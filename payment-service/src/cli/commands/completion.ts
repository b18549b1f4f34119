import { Argument, type Command } from 'commander'
import { action, type Run, withExamples } from '../action.ts'
import type { Shell } from '../completion.ts'

const shells: readonly Shell[] = ['bash', 'zsh', 'fish']

/** `fincore completion`: what makes a shell know the commands. */
export function addCompletion(program: Command, run: Run): void {
  withExamples(
    program.command('completion'),
    'fincore completion bash > ~/.local/share/bash-completion/completions/fincore',
    'fincore completion zsh > ~/.zsh/completions/_fincore',
    'fincore completion fish > ~/.config/fish/completions/fincore.fish',
  )
    .summary('let your shell complete commands')
    .description('Writes a script with which your shell completes commands, options and their words.')
    .addArgument(new Argument('<shell>', 'the shell that you use').choices(shells))
    .action(
      action(run, async (_options, shell) => {
        const { writeCompletion } = await import('../completion.ts')
        run.io.stdout.write(writeCompletion(program, shell as Shell))
      }),
    )
}
