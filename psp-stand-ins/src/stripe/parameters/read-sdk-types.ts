import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import type { Operation } from '../operations.ts'
import type { Parameter } from './parameter.ts'

/** A declaration of the SDK, and the namespaces around it from the inside out, in which its names are looked up. */
type Found = { node: ts.InterfaceDeclaration | ts.TypeAliasDeclaration; scopes: Scope[] }
type Scope = { statements: readonly ts.Statement[]; source: Source }
type Source = { path: string; file: ts.SourceFile }

const resources = new URL('./resources/', import.meta.resolve('stripe'))

/**
 * Reads the parameters of each operation from the declarations of the official SDK, by their syntax alone: nothing of the
 * SDK is type-checked, which would read all of it. Throws at a form of type that it does not know, so that a new version
 * of the SDK is never half understood.
 */
export function readSdkParameters(operations: readonly Operation[]): Record<string, Parameter> {
  const sources = new Map<string, Source>()
  const open = (path: string): Source => {
    const known = sources.get(path)
    if (known) return known
    const text = readFileSync(path, 'utf8')
    const source = { path, file: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, false) }
    sources.set(path, source)
    return source
  }

  const find = (name: readonly string[], scopes: readonly Scope[]): Found => {
    for (const [index, scope] of scopes.entries()) {
      const found = findIn(name, scope, scopes.slice(index + 1))
      if (found) return found
    }
    throw new Error(`The SDK's type ${name.join('.')} was not found`)
  }

  const findIn = (name: readonly string[], scope: Scope, outer: readonly Scope[]): Found | null => {
    const [first, ...rest] = name
    for (const statement of scope.statements) {
      if (ts.isImportDeclaration(statement)) {
        const bindings = statement.importClause?.namedBindings
        if (!bindings || !ts.isNamedImports(bindings)) continue
        if (!bindings.elements.some((element) => element.name.text === first)) continue
        const specifier = (statement.moduleSpecifier as ts.StringLiteral).text.replace(/\.js$/, '.d.ts')
        const source = open(fileURLToPath(new URL(specifier, `file://${scope.source.path}`)))
        return find(name, [{ statements: source.file.statements, source }])
      }
      if (rest.length === 0) {
        const isType = ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)
        if (isType && statement.name.text === first) return { node: statement, scopes: [scope, ...outer] }
      } else if (ts.isModuleDeclaration(statement) && statement.name.text === first) {
        if (!statement.body || !ts.isModuleBlock(statement.body)) continue
        const found = findIn(rest, { ...scope, statements: statement.body.statements }, [scope, ...outer])
        if (found) return found
      }
    }
    return null
  }

  const readDeclaration = ({ node, scopes }: Found): Parameter => {
    if (ts.isTypeAliasDeclaration(node)) return readType(node.type, scopes)
    const hash = readMembers(node.members, scopes)
    if (hash.kind !== 'hash') return hash
    for (const clause of node.heritageClauses ?? [])
      for (const { expression } of clause.types) {
        const parent = readDeclaration(find(nameOf(expression), scopes))
        if (parent.kind !== 'hash') throw new Error(`${node.name.text} extends what is no hash`)
        const inherited = parent.required.filter((name) => !(name in hash.fields))
        hash.required.push(...inherited)
        hash.fields = { ...parent.fields, ...hash.fields }
      }
    return hash
  }

  const readMembers = (members: ts.NodeArray<ts.TypeElement>, scopes: readonly Scope[]): Parameter => {
    const fields: Record<string, Parameter> = {}
    const required: string[] = []
    for (const member of members) {
      if (ts.isIndexSignatureDeclaration(member)) return { kind: 'map', of: readType(member.type, scopes) }
      if (!ts.isPropertySignature(member) || !member.type || !isNamed(member.name))
        throw new Error('A member of a form that is not known')
      fields[member.name.text] = readNamedType(member.name.text, member.type, scopes)
      if (!member.questionToken) required.push(member.name.text)
    }
    return { kind: 'hash', fields, required }
  }

  // The SDK has one word for both kinds of number; Stripe's percentages are the ones with a fraction.
  const readNamedType = (name: string, type: ts.TypeNode, scopes: readonly Scope[]): Parameter => {
    const parameter = readType(type, scopes)
    return parameter.kind === 'integer' && name.endsWith('_percent') ? { kind: 'float' } : parameter
  }

  const readType = (type: ts.TypeNode, scopes: readonly Scope[]): Parameter => {
    if (type.kind === ts.SyntaxKind.StringKeyword) return { kind: 'string' }
    if (type.kind === ts.SyntaxKind.NumberKeyword) return { kind: 'integer' }
    if (type.kind === ts.SyntaxKind.BooleanKeyword) return { kind: 'boolean' }
    if (ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal))
      return { kind: 'enum', values: [type.literal.text] }
    if (ts.isArrayTypeNode(type)) return { kind: 'array', of: readType(type.elementType, scopes) }
    if (ts.isTypeLiteralNode(type)) return readMembers(type.members, scopes)
    if (ts.isUnionTypeNode(type)) return readUnion(type.types, scopes)
    if (ts.isTypeReferenceNode(type)) return readReference(type, scopes)
    throw new Error(`A type of a form that is not known: ${ts.SyntaxKind[type.kind]}`)
  }

  const readUnion = (types: readonly ts.TypeNode[], scopes: readonly Scope[]): Parameter => {
    const isEmpty = (type: ts.TypeNode) =>
      ts.isLiteralTypeNode(type) &&
      (type.literal.kind === ts.SyntaxKind.NullKeyword ||
        (ts.isStringLiteral(type.literal) && type.literal.text === ''))
    // The word for values that Stripe may add later. What this version of the SDK does not list, nobody can mean.
    const isLater = (type: ts.TypeNode) =>
      ts.isTypeReferenceNode(type) && nameOf(type.typeName).join('.') === 'OtherString'
    const options = types.filter((type) => !isEmpty(type) && !isLater(type)).map((type) => readType(type, scopes))
    const values = options.flatMap((option) => (option.kind === 'enum' ? option.values : []))
    // Metadata is text, and the SDK takes numbers too, which it sends as text.
    const rest = options.filter(
      ({ kind }) => kind !== 'enum' && !(kind === 'integer' && options.some((option) => option.kind === 'string')),
    )
    const choices: Parameter[] = values.length > 0 ? [{ kind: 'enum', values }, ...rest] : rest
    const [only] = choices
    if (!only) throw new Error('A union of nothing')
    const union: Parameter = choices.length === 1 ? only : { kind: 'any', of: choices }
    return types.some(isEmpty) ? { kind: 'emptyable', of: union } : union
  }

  const readReference = (type: ts.TypeReferenceNode, scopes: readonly Scope[]): Parameter => {
    const name = nameOf(type.typeName)
    const [argument] = type.typeArguments ?? []
    if (argument) {
      if (name[0] === 'Array') return { kind: 'array', of: readType(argument, scopes) }
      if (name[0] !== 'Emptyable') throw new Error(`A generic type that is not known: ${name.join('.')}`)
      const of = readType(argument, scopes)
      return of.kind === 'emptyable' ? of : { kind: 'emptyable', of }
    }
    // A class of the SDK for numbers that are sent as text.
    if (name[0] === 'Decimal') return { kind: 'decimal' }
    return readDeclaration(find(name, scopes))
  }

  return Object.fromEntries(
    operations.map(({ name, file, type }) => {
      const source = open(fileURLToPath(new URL(`${file}.d.ts`, resources)))
      const scopes = [{ statements: source.file.statements, source }]
      return [name, readDeclaration(find(type.split('.'), scopes))]
    }),
  )
}

function isNamed(name: ts.PropertyName): name is ts.Identifier | ts.StringLiteral {
  return ts.isIdentifier(name) || ts.isStringLiteral(name)
}

function nameOf(name: ts.EntityName | ts.Expression): string[] {
  if (ts.isIdentifier(name)) return [name.text]
  if (ts.isQualifiedName(name)) return [...nameOf(name.left), name.right.text]
  if (ts.isPropertyAccessExpression(name)) return [...nameOf(name.expression), name.name.text]
  throw new Error('A name of a form that is not known')
}
