// Package stepfunctions starts executions of the state machine and looks at
// them. The execution's name is the import's id, so that a machine starts once
// for an import whoever asks, and however often.
package stepfunctions

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"rollbook/internal/aws/awsfault"
	"rollbook/internal/domain/fault"
)

// Machine is one state machine.
type Machine struct {
	client *sfn.Client
	arn    string
}

// New returns the state machine with the ARN.
func New(client *sfn.Client, arn string) *Machine { return &Machine{client: client, arn: arn} }

// Start starts the execution with the id as its name, which makes it start once:
// that it exists already, running or ended, is success. Ids are 1 to 80 of
// 0-9 A-Z a-z - and _.
func (m *Machine) Start(ctx context.Context, id string, input []byte) error {
	_, err := m.client.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &m.arn, Name: &id, Input: aws.String(string(input))})
	if errors.As(err, new(*types.ExecutionAlreadyExists)) {
		return nil
	}
	if errors.As(err, new(*types.ExecutionLimitExceeded)) { // too many run at once
		return fault.Wrap(fault.Busy, "busy", awsfault.Of(err))
	}
	return awsfault.Of(err)
}

// Execution returns the ARN of the execution with the id, whether there is one
// or not.
func (m *Machine) Execution(id string) string {
	return strings.Replace(m.arn, ":stateMachine:", ":execution:", 1) + ":" + id
}

// Look tells whether there is an execution with the id as its name, and whether
// it still runs. The service forgets executions 90 days after their end.
func (m *Machine) Look(ctx context.Context, id string) (known, running bool, err error) {
	arn := m.Execution(id)
	out, err := m.client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &arn})
	if errors.As(err, new(*types.ExecutionDoesNotExist)) {
		return false, false, nil
	}
	if err != nil {
		return false, false, awsfault.Of(err)
	}
	return true, out.Status == types.ExecutionStatusRunning || out.Status == types.ExecutionStatusPendingRedrive, nil
}
