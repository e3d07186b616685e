/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "serve/http/admission.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

void admission_init(struct admission *admission)
{
    *admission = (struct admission){0};
    if (gethostname(admission->own_host, sizeof(admission->own_host) - 1) != 0)
        admission->own_host[0] = '\0';
}

bool admission_allow_host(struct admission *admission, const char *host)
{
    if (admission->host_count == ADMISSION_MAX_HOSTS)
        return false;
    admission->hosts[admission->host_count++] = host;
    return true;
}

static const char *take_token(struct admission *admission, FILE *file)
{
    struct stat status;
    if (fstat(fileno(file), &status) != 0)
        return strerror(errno);
    if (status.st_mode & (S_IROTH | S_IWOTH | S_IWGRP))
        return "others may read or change it: chmod 640, or 600";

    char line[ADMISSION_TOKEN_BYTES + 2] = "";
    if (!fgets(line, sizeof(line), file))
        return "it is empty";
    size_t size = strcspn(line, "\r\n");
    if (size < ADMISSION_TOKEN_MIN)
        return "its first line has fewer than 16 characters: openssl rand -hex 32 makes a token";
    if (size > ADMISSION_TOKEN_BYTES)
        return "its first line is longer than 256 characters";
    if (strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=") !=
        size)
        return "a token has letters, digits and - . _ ~ + / = only";
    memcpy(admission->token, line, size);
    admission->token_size = size;
    explicit_bzero(line, sizeof(line));
    return NULL;
}

const char *admission_read_token(struct admission *admission, const char *path)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return strerror(errno);
    const char *problem = take_token(admission, file);
    fclose(file);
    return problem;
}

/* Copy the host without the port. False: there is none. */
static bool split_host(const char *header, char *host, size_t size)
{
    size_t length = header[0] == '[' ? strcspn(header, "]") + 1 : strcspn(header, ":");
    if (length == 0 || length >= size || length > strlen(header))
        return false;
    const char *port = header + length;
    if (*port && (*port != ':' || strspn(port + 1, "0123456789") != strlen(port + 1)))
        return false;
    memcpy(host, header, length);
    host[length] = '\0';
    return true;
}

static bool is_address(char *host)
{
    unsigned char address[sizeof(struct in6_addr)];
    if (host[0] != '[')
        return inet_pton(AF_INET, host, address) == 1;
    host[strlen(host) - 1] = '\0';
    return inet_pton(AF_INET6, host + 1, address) == 1;
}

bool admission_knows_host(const struct admission *admission, const char *header)
{
    char host[256];
    if (!header || !split_host(header, host, sizeof(host)))
        return false;
    if (strcasecmp(host, "localhost") == 0 || strcasecmp(host, admission->own_host) == 0)
        return true;
    for (size_t i = 0; i < admission->host_count; i++) {
        if (strcasecmp(host, admission->hosts[i]) == 0)
            return true;
    }
    return is_address(host);
}

bool admission_knows_token(const struct admission *admission, const char *authorization)
{
    static const char scheme[] = "Bearer ";
    if (admission->token_size == 0)
        return true;
    if (!authorization || strncasecmp(authorization, scheme, sizeof(scheme) - 1) != 0)
        return false;

    const char *given = authorization + sizeof(scheme) - 1;
    size_t size = strlen(given);
    unsigned char padded[ADMISSION_TOKEN_BYTES] = {0};
    memcpy(padded, given, size < sizeof(padded) ? size : sizeof(padded));

    /* All bytes are compared; volatile keeps the compiler from stopping at the first difference. */
    volatile unsigned char difference = size != admission->token_size;
    for (size_t i = 0; i < sizeof(padded); i++)
        difference |= padded[i] ^ admission->token[i];
    return difference == 0;
}
