/** A CloudFormation template, as JSON has it. */
export type Template = { Resources: Record<string, Resource> }
export type Resource = { Type: string; Properties?: Record<string, unknown>; Metadata?: Record<string, unknown> }
