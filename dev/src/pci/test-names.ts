import { readFileSync } from 'node:fs'
import ts from 'typescript'

const callers = new Set(['it', 'test'])

/** The names of the tests in a file, as they stand in it; `…` stands for whatever a name computes. */
export function readTestNames(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, false, ts.ScriptKind.TS)
  const names: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && callers.has(node.expression.text)) {
      const name = node.arguments[0]
      if (name !== undefined) names.push(readName(name))
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return names
}

function readName(node: ts.Expression): string {
  if (ts.isStringLiteralLike(node)) return node.text
  if (!ts.isTemplateExpression(node)) return '…'
  return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('')
}

/** Whether a test that ran is the one that a table names. */
export function isNamed(ran: string, name: string): boolean {
  const pattern = name.split('…').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${pattern.join('.*')}$`, 's').test(ran)
}
