// Command api is the function behind the HTTP API.
package main

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/aws/aws-lambda-go/lambda"

	"rollbook/internal/apigw"
)

type claimsKey struct{}

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/me", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(r.Context().Value(claimsKey{}))
	})
	lambda.Start(apigw.Function{
		Handler: mux,
		Claims: func(ctx context.Context, claims map[string]string) context.Context {
			return context.WithValue(ctx, claimsKey{}, claims)
		},
	}.Serve)
}
