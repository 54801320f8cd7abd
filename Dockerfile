# The bases are arguments, so that the image can be built from local ones too.
ARG GO_IMAGE=golang:1.26

FROM ${GO_IMAGE} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN scripts/lean /lologen "${VERSION}" && mkdir /home/lologen

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /lologen /lologen
# The only place where the program may write: the log of -t file and reports, unless told otherwise.
COPY --from=build --chown=65532:65532 /home/lologen /home/lologen
ENV HOME=/home/lologen
WORKDIR /home/lologen
USER 65532:65532
ENTRYPOINT ["/lologen"]
CMD []
