// SPDX-License-Identifier: GPL-2.0
/*
 * Devices: to be told when their driver lets go of them
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/list.h>
#include <linux/mutex.h>

#include "internal.h"

/**
 * struct watched - a managed resource of a device: it goes with the driver
 * @dev:	the device
 * @node:	in the list of all
 */
struct watched {
	struct device		*dev;
	struct list_head	node;
};

static LIST_HEAD(all);
static DEFINE_MUTEX(all_lock);

/* After the driver's remove(), before its device can have another one. */
static void unbound(struct device *dev, void *res)
{
	struct watched *w = res;

	vdu_registry_forget_device(dev);
	/* Others may have found it first, and not have unmapped it yet. */
	vdu_registry_wait();
	/* Last: the module's end waits for it. */
	mutex_lock(&all_lock);
	list_del(&w->node);
	mutex_unlock(&all_lock);
}

static bool add(struct device *dev)
{
	struct watched *w = devres_alloc(unbound, sizeof(*w), GFP_KERNEL);

	if (!w)
		return false;

	w->dev = dev;
	mutex_lock(&all_lock);
	list_add(&w->node, &all);
	mutex_unlock(&all_lock);
	devres_add(dev, w);
	return true;
}

static bool watched(struct device *dev)
{
	return devres_find(dev, unbound, NULL, NULL);
}

/**
 * vdu_device_watch() - from now on know when a device loses its driver
 * @dev:	the device
 *
 * Context: process context, may sleep. The device's lock is only tried: who
 * holds it may wait for our caller's lock (a driver's remove() for its queue's).
 * Return: true if vdu_registry_forget_device() will be called for it.
 */
bool vdu_device_watch(struct device *dev)
{
	bool on = watched(dev);

	if (on || !device_trylock(dev))
		return on;

	/* Without a driver a resource would stay and keep the next one away. */
	on = watched(dev) || (dev->driver && add(dev));
	device_unlock(dev);
	return on;
}

static struct device *first(void)
{
	struct watched *w;
	struct device *dev = NULL;

	mutex_lock(&all_lock);
	w = list_first_entry_or_null(&all, struct watched, node);
	if (w)
		dev = get_device(w->dev);
	mutex_unlock(&all_lock);
	return dev;
}

/**
 * vdu_devices_exit() - forget devices that outlive the module
 */
void vdu_devices_exit(void)
{
	struct device *dev;

	while ((dev = first())) {
		/* Or it is being unbound at the moment. */
		if (devres_release(dev, unbound, NULL, NULL))
			msleep(20);
		put_device(dev);
	}
}
