/** What a parameter may be, as `parameters.generated.json` holds it of the SDK's types. */
export type Parameter =
  | { kind: 'string' | 'integer' | 'float' | 'boolean' | 'decimal' }
  | { kind: 'enum'; values: string[] }
  | { kind: 'hash'; fields: Record<string, Parameter>; required: string[] }
  | { kind: 'array'; of: Parameter }
  | { kind: 'map'; of: Parameter }
  | { kind: 'any'; of: Parameter[] }
  /** The empty text unsets it. */
  | { kind: 'emptyable'; of: Parameter }
