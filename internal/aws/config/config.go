// Package config makes the settings that all AWS clients of a function share:
// region, credentials, endpoint, and how long one attempt of a call may take. A
// function calls Load and Limited once, at its start.
package config

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Limits are how long one attempt of a call may take. The service answers
// within milliseconds; what takes longer is a connection that died or a server
// that hangs, and another attempt is quicker than waiting. Three attempts with
// the waits between them end within the 29 seconds of the API's function.
type Limits struct {
	Connect time.Duration // to have a connection
	Answer  time.Duration // from the end of the request to the answer's first byte
	Attempt time.Duration // all of it; transfers to and from S3 have their own (package blob)
}

// Default is what the functions use.
var Default = Limits{Connect: 2 * time.Second, Answer: 5 * time.Second, Attempt: 8 * time.Second}

// Load reads the settings of the process from what Lambda gives it: region and
// credentials, and an endpoint if one is set. Profiles, single sign-on and the
// roles of instances, for which the SDK's own loader links three services more,
// are not for functions.
func Load() (aws.Config, error) {
	conf := aws.Config{
		Region: os.Getenv("AWS_REGION"),
		Credentials: credentials.NewStaticCredentialsProvider(
			os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), os.Getenv("AWS_SESSION_TOKEN")),
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenSupported,
		AccountIDEndpointMode:      aws.AccountIDEndpointModePreferred,
	}
	if conf.Region == "" {
		return conf, errors.New("AWS_REGION is not set")
	}
	if _, err := conf.Credentials.Retrieve(context.Background()); err != nil {
		return conf, err
	}
	if at := os.Getenv("AWS_ENDPOINT_URL"); at != "" {
		conf.BaseEndpoint = &at
	}
	return Limited(conf, Default), nil
}

// Limited returns the settings with a time-out for each attempt of each call, and
// with WholeAnswers.
func Limited(conf aws.Config, l Limits) aws.Config {
	conf = WholeAnswers(conf)
	conf.HTTPClient = awshttp.NewBuildableClient().
		WithTimeout(l.Attempt).
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = l.Connect }).
		WithTransportOptions(func(t *http.Transport) {
			t.TLSHandshakeTimeout, t.ResponseHeaderTimeout = l.Connect, l.Answer
			t.MaxIdleConnsPerHost = 64 // as many as one call has under way
		})
	return conf
}

// WholeAnswers returns the settings such that an answer is read to its end. smithy-go
// (1.28.9) closes a request's body as soon as the answer's head is there. net/http may
// not have asked by then whether more follows the body's last byte, and a closed body that
// can write itself (io.WriterTo) says EOF as if that were an error: net/http closes
// the connection, and a call that was carried out is made again. A processor with other
// work is enough. A closed body that can only be read says EOF as the end that it is.
func WholeAnswers(conf aws.Config) aws.Config {
	conf = conf.Copy()
	conf.APIOptions = append(conf.APIOptions, func(stack *middleware.Stack) error {
		return stack.Finalize.Add(middleware.FinalizeMiddlewareFunc("wholeAnswers", onlyRead), middleware.After)
	})
	return conf
}

func onlyRead(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
	if r, ok := in.Request.(*smithyhttp.Request); ok {
		stream := r.GetStream()
		if _, writes := stream.(io.WriterTo); writes {
			if seeks, ok := stream.(io.ReadSeeker); ok {
				stream = struct{ io.ReadSeeker }{seeks}
			} else {
				stream = struct{ io.Reader }{stream}
			}
			r, err := r.SetStream(stream)
			if err != nil {
				return middleware.FinalizeOutput{}, middleware.Metadata{}, err
			}
			in.Request = r
		}
	}
	return next.HandleFinalize(ctx, in)
}
