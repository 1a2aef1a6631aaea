package awsfault_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"rollbook/internal/aws/awsfault"
	"rollbook/internal/domain/fault"
)

func answer(status int, code string) error {
	return &smithy.OperationError{ServiceID: "DynamoDB", OperationName: "UpdateItem", Err: &awshttp.ResponseError{
		RequestID: "REQ1",
		ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}},
			Err:      &smithy.GenericAPIError{Code: code, Message: "value anna@example.org is wrong"},
		},
	}}
}

func TestOf(t *testing.T) {
	for _, test := range []struct {
		name string
		err  error
		kind fault.Kind
		text string
	}{
		{"throttled", answer(400, "ThrottlingException"), fault.Busy, "busy: DynamoDB UpdateItem: ThrottlingException (HTTP 400, request REQ1)"},
		{"too fast for the table", answer(400, "ProvisionedThroughputExceededException"), fault.Busy, ""},
		{"slow down", answer(503, "SlowDown"), fault.Busy, ""},
		{"server error", answer(500, "InternalServerError"), fault.Busy, ""},
		{"429 without a name", answer(429, ""), fault.Busy, ""},
		{"bad request", answer(400, "ValidationException"), fault.Internal, "aws: DynamoDB UpdateItem: ValidationException (HTTP 400, request REQ1)"},
		{"not allowed", answer(403, "AccessDeniedException"), fault.Internal, ""},
		{"deadline", fmt.Errorf("x: %w", context.DeadlineExceeded), fault.Busy, "busy: aws: deadline exceeded"},
		{"refused", &smithyhttp.RequestSendError{Err: &net.OpError{Op: "dial", Err: errors.New("connection refused")}}, fault.Busy, "busy: aws: dial failed"},
		{"cut", &smithyhttp.RequestSendError{Err: io.ErrUnexpectedEOF}, fault.Busy, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := awsfault.Of(test.err)
			if fault.KindOf(err) != test.kind {
				t.Errorf("kind %v, want %v", fault.KindOf(err), test.kind)
			}
			if test.text != "" && err.Error() != test.text {
				t.Errorf("text %q, want %q", err, test.text)
			}
			if strings.Contains(err.Error(), "anna@") {
				t.Errorf("the service's message is in %q", err)
			}
			if !errors.Is(err, test.err) {
				t.Error("the cause is lost")
			}
		})
	}
}

func TestOfLeavesAlone(t *testing.T) {
	missing := fault.Missing()
	for _, err := range []error{nil, context.Canceled, missing} {
		if got := awsfault.Of(err); got != err {
			t.Errorf("Of(%v) = %v", err, got)
		}
	}
}
