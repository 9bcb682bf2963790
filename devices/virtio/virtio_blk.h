/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio block device, with one queue.
 *
 * Source: virtio 1.2, section 5.2; Linux uapi, linux/virtio_blk.h. Features: SEG_MAX, BLK_SIZE,
 * FLUSH, and RO, or else DISCARD and WRITE_ZEROES, of one range each. A driver that does not take
 * FLUSH gets each write on the host's disk before it is told.
 *
 * A request is 16 bytes that are read (type, sector), data, and a byte that is written, the status.
 * The device checks it and passes it on; a request that is wrong is answered at once: IOERR for a
 * range beyond the disk, for a part of a sector, and for a write to a disk that is read only;
 * UNSUPP for what the device does not know. One without room for the first or the last breaks the
 * device.
 *
 * Requests come back in any order, and are told to the driver in that. Data that is read is marked
 * as written when it comes back. While some are under way a reset makes them stale: the memory is
 * the driver's again only once they are back, so the machine keeps the guest out until then
 * (wiring.stop). A vCPU that was on its way to the device when another one reset it is not out yet:
 * a notice while requests are stale breaks the device.
 *
 * Every call is under the machine's lock, on any thread.
 */
#ifndef DEVICES_VIRTIO_VIRTIO_BLK_H
#define DEVICES_VIRTIO_VIRTIO_BLK_H

#include "devices/virtio/blk_request.h"
#include "devices/virtio/virtio.h"

#define VIRTIO_BLK_ID           2
#define VIRTIO_BLK_SECTOR_BYTES 512
/* Of a request: the chain has a header and a status beside them. */
#define VIRTIO_BLK_SEG_MAX (VIRTQ_MAX_CHAIN - 2)
/* What one request may discard, or fill with zeroes. */
#define VIRTIO_BLK_MAX_DISCARD_SECTORS UINT32_C(0x200000)
#define VIRTIO_BLK_MAX_ZEROES_SECTORS  UINT32_C(0x10000)

#define VIRTIO_BLK_F_SEG_MAX      (UINT64_C(1) << 2)
#define VIRTIO_BLK_F_RO           (UINT64_C(1) << 5)
#define VIRTIO_BLK_F_BLK_SIZE     (UINT64_C(1) << 6)
#define VIRTIO_BLK_F_FLUSH        (UINT64_C(1) << 9)
#define VIRTIO_BLK_F_DISCARD      (UINT64_C(1) << 13)
#define VIRTIO_BLK_F_WRITE_ZEROES (UINT64_C(1) << 14)

enum virtio_blk_type {
    VIRTIO_BLK_T_IN = 0,
    VIRTIO_BLK_T_OUT = 1,
    VIRTIO_BLK_T_FLUSH = 4,
    VIRTIO_BLK_T_GET_ID = 8,
    VIRTIO_BLK_T_DISCARD = 11,
    VIRTIO_BLK_T_WRITE_ZEROES = 13,
};

enum virtio_blk_status { VIRTIO_BLK_S_OK, VIRTIO_BLK_S_IOERR, VIRTIO_BLK_S_UNSUPP };

#define VIRTIO_BLK_ID_BYTES 20

struct virtio_blk_wiring {
    uint64_t capacity_sectors;
    bool is_read_only;
    /* For GET_ID; padded with zeros. */
    char id[VIRTIO_BLK_ID_BYTES];
    /* VIRTQ_MAX_SIZE of them, for this device alone. */
    struct blk_request *requests;
    /* Does the request, and brings it back by virtio_blk_done, from another call. */
    void (*submit)(void *ctx, struct blk_request *request);
    /* Requests under way have become stale. */
    void (*stop)(void *ctx);
    void *ctx;
};

struct virtio_blk {
    struct virtio virtio;
    struct virtio_blk_wiring wiring;
    /* That were submitted and are not back; stale ones too. */
    unsigned under_way;
    /* Of requests that the host has failed to do. */
    uint64_t failed_count;
};

/* A device after power-on. */
void virtio_blk_init(struct virtio_blk *blk, const struct virtio_wiring *virtio,
                     const struct virtio_blk_wiring *wiring);

/* What the disk of a saved state had that this one has not, in words; NULL: nothing. */
const char *virtio_blk_find_difference(const struct virtio_blk *blk, const void *saved);

/* A request is back. */
void virtio_blk_done(struct virtio_blk *blk, struct blk_request *request);

#endif
