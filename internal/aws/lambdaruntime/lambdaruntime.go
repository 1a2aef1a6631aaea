// Package lambdaruntime is what every function does before its own work: read
// the environment, make the logger, and give the state machine errors it can
// choose by. What it logs and hands on holds ids, codes and counts, never a
// name, an address or a cell: the execution's history and the log are read by
// more people than contacts are.
package lambdaruntime

import (
	"fmt"
	"log/slog"
	"reflect"
	"strings"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

// Read fills the string fields of the struct that config points to from the
// environment, by their env tag:
//
//	var config struct {
//		Jobs string `env:"TABLE_JOBS"`
//	}
//	err := lambdaruntime.Read(&config, os.LookupEnv)
//
// The error names every variable that is missing or empty, not only the first.
func Read(config any, lookup func(string) (string, bool)) error {
	v := reflect.ValueOf(config).Elem()
	var missing []string
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("env")
		value, _ := lookup(name)
		if value == "" {
			missing = append(missing, name)
			continue
		}
		v.Field(i).SetString(value)
	}
	if missing != nil {
		return fmt.Errorf("environment variables are not set: %s", strings.Join(missing, ", "))
	}
	return nil
}

// Logger returns the logger of a function: lines as the runtime's settings say
// (JSON on Lambda), each with the function's name, the request's id and what With
// added to its context. Log with the …Context methods.
func Logger() *slog.Logger {
	return NewLogger(lambdacontext.NewLogHandler()).With("function", lambdacontext.FunctionName)
}

// NewLogger returns a logger like that of a function, whose lines go to the handler.
func NewLogger(to slog.Handler) *slog.Logger { return slog.New(contextHandler{to}) }
