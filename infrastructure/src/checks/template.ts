/** A CloudFormation template, as JSON has it. */
export type Template = {
  Resources: Record<string, Resource>
  Outputs?: Record<string, { Value: unknown; Export?: { Name: string } }>
}
export type Resource = { Type: string; Properties?: Record<string, unknown>; Metadata?: Record<string, unknown> }
/** An environment's templates by their stack: foundation, data, service. */
export type Templates = Record<string, Template>
