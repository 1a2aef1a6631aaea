// Package config makes the settings that all AWS clients of a function share:
// region, credentials, endpoint, and how long one attempt of a call may take. A
// function calls Load and Limited once, at its start.
package config

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
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

// Limited returns the settings with a time-out for each attempt of each call.
func Limited(conf aws.Config, l Limits) aws.Config {
	conf = conf.Copy()
	conf.HTTPClient = awshttp.NewBuildableClient().
		WithTimeout(l.Attempt).
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = l.Connect }).
		WithTransportOptions(func(t *http.Transport) {
			t.TLSHandshakeTimeout, t.ResponseHeaderTimeout = l.Connect, l.Answer
			t.MaxIdleConnsPerHost = 64 // as many as one call has under way
		})
	return conf
}
