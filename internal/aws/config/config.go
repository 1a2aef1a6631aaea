// Package config makes the settings that all AWS clients of a function share:
// region, credentials, endpoint, and how long one attempt of a call may take. A
// function calls Load and Limited once, at its start.
package config

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
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

// Load reads the settings of the process: region, credentials, and an endpoint
// if one is set.
func Load(ctx context.Context) (aws.Config, error) {
	conf, err := awsconfig.LoadDefaultConfig(ctx)
	return Limited(conf, Default), err
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
