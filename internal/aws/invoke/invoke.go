// Package invoke asks functions to do something some time later, without
// waiting for it: what the API starts and nobody need wait for. The function
// may get a message more than once.
package invoke

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"rollbook/internal/aws/awsfault"
)

// Function is one function.
type Function struct {
	client *lambda.Client
	name   string
}

// New returns the function with the name or ARN.
func New(client *lambda.Client, name string) *Function { return &Function{client, name} }

// Later hands the message to the function, as JSON, and does not wait for it.
// Lambda tries it up to three times; what fails then goes where the template says.
func (f *Function) Later(ctx context.Context, message any) error {
	event, err := json.Marshal(message)
	if err != nil {
		return err
	}
	_, err = f.client.Invoke(ctx, &lambda.InvokeInput{FunctionName: &f.name, InvocationType: types.InvocationTypeEvent, Payload: event})
	return awsfault.Of(err)
}
